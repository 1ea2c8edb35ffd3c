"""Killed workers, a database that restarts, Valkey gone, under load."""

import itertools
import signal
import time
from collections.abc import Callable

import psutil

from benchmarks.asking import FAILED, Askers
from benchmarks.comparison.product import Product
from benchmarks.steadiness.counting import check_log, statuses
from ops.embedded.postgres import EmbeddedPostgres

CONNECTIONS = 16


def show(product: Product, seconds: int, say: Callable[[str], None]) -> bool:
    for process in family(product, "valkey-server"):
        process.kill()
    say("Valkey is killed, and stays away")
    with Askers([product.address], product.home, connections=CONNECTIONS) as askers:
        time.sleep(seconds / 4)
        for _ in range(5):
            workers(product)[0].kill()
            time.sleep(seconds / 20)
        killed = len(askers.replies)
        say(f"5 workers killed (SIGKILL): {statuses(askers.replies)}")
        back = restart_database(product, askers)
        time.sleep(seconds / 4)
    after = askers.replies[killed:]
    missing, twice, other = check_log(product, askers.replies)
    say(f"PostgreSQL stopped (SIGINT) and started: {statuses(after)}")
    say(f"  it accepted connections again, and {back:.2f} s later every request was answered")
    say(f"in all: {statuses(askers.replies)}")
    say(f"  not in the log: {missing}; twice: {twice}; of another version in the log: {other}")
    only_503 = {reply.status for reply in after} <= {200, 503}
    only_cut = {reply.status for reply in askers.replies} <= {200, 503, FAILED}
    return only_503 and only_cut and not (missing or twice or other) and back <= 5


def restart_database(product: Product, askers: Askers) -> float:
    """Seconds from its being there again to the last request that was not answered with 200."""
    folder = product.var / "postgres"
    pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
    postmaster = psutil.Process(pid)
    postmaster.send_signal(signal.SIGINT)
    postmaster.wait(30)
    time.sleep(1)
    EmbeddedPostgres(folder).start()
    there = time.monotonic()
    time.sleep(6)
    refused = [r.sent + r.seconds for r in list(askers.replies) if r.status != 200]
    return max(0.0, max(itertools.chain(refused, [there])) - there)


def workers(product: Product) -> list[psutil.Process]:
    """gunicorn's children: the processes that answer."""
    web = family(product, f"gunicorn --config deploy/gunicorn.conf.py --bind {product.address}")
    return [process for process in web if process.ppid() in {other.pid for other in web}]


def family(product: Product, word: str) -> list[psutil.Process]:
    """Processes with the word in their command line that belong to this product."""
    found = []
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            if word in command and (
                str(product.var) in command
                or process.environ().get("HOUSING_VAR") == str(product.var)
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found
