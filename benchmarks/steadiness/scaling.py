"""Workers added, removed and replaced, and one of two replicas taken down, under load."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.asking import Askers
from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.process import Process
from benchmarks.comparison.product import ROOT, Product
from benchmarks.steadiness.counting import check_log, statuses
from benchmarks.steadiness.failures import family

CONNECTIONS = 16


def show(product: Product, seconds: int, say: Callable[[str], None]) -> bool:
    pause = seconds / 10
    with Askers([product.address], product.home, connections=CONNECTIONS) as askers:
        for name, action in (
            ("TTIN, TTIN (two workers more)", (signal.SIGTTIN, signal.SIGTTIN)),
            ("TTOU, TTOU (two workers fewer)", (signal.SIGTTOU, signal.SIGTTOU)),
            ("HUP (all workers replaced, the configuration read again)", (signal.SIGHUP,)),
        ):
            before = len(askers.replies)
            for number in action:
                master(product).send_signal(number)
                time.sleep(pause)
            time.sleep(pause)
            say(f"{name}: {statuses(askers.replies[before:])}")
    with (
        two_replicas(product) as (proxy, replicas),
        Askers([proxy], product.home, connections=CONNECTIONS) as behind,
    ):
        for name in ("one replica ends (SIGTERM)", "it comes back", "the other ends", "and back"):
            before = len(behind.replies)
            index = 0 if name in ("one replica ends (SIGTERM)", "it comes back") else 1
            if "back" in name:
                replicas[index].start()
            else:
                replicas[index].stop()
            time.sleep(pause)
            say(f"two replicas behind nginx, {name}: {statuses(behind.replies[before:])}")
    replies = [*askers.replies, *behind.replies]
    missing, twice, _ = check_log(product, replies)
    failed = sum(reply.status != 200 for reply in replies)
    say(f"{len(replies)} requests, {failed} failed; not in the log: {missing}; twice: {twice}")
    return not (failed or missing or twice)


def master(product: Product) -> psutil.Process:
    web = family(product, f"--bind {product.address} housing_api.wsgi")
    (found,) = (one for one in web if one.ppid() not in {other.pid for other in web})
    return found


class Replica:
    """A gunicorn of its own on the product's database, as another container would be."""

    def __init__(self, product: Product, port: int) -> None:
        self.port = port
        self._product = product
        self._process: Process | None = None
        self._environment = product.environment | {
            "DATABASE_URL": product.database_url,
            "REDIS_URL": "redis://127.0.0.1:9",  # answering needs none
            "HOUSING_SECRET_KEY": (product.var / "secret_key").read_text(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def start(self) -> None:
        self._process = Process(
            f"replica on {self.port}",
            [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py",
             "--bind", f"127.0.0.1:{self.port}", "housing_api.wsgi"],
            log=self._product.var / f"replica-{self.port}.log",
            env=self._environment,
            cwd=ROOT,
        )  # fmt: skip
        self._process.first_answer(
            f"http://127.0.0.1:{self.port}/api/predict/", self._product.body, seconds=60
        )

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None


@contextlib.contextmanager
def two_replicas(product: Product) -> Iterator[tuple[str, list[Replica]]]:
    """The address of nginx, with the product's own configuration, before two replicas."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        raise CannotMeasure("nginx is missing: apt-get install nginx (Debian)")
    port = int(product.address.split(":")[1])
    replicas = [Replica(product, port + 1), Replica(product, port + 2)]
    configuration = product.var / "nginx.conf"
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    servers = "\n".join(
        f"server 127.0.0.1:{replica.port} max_fails=3 fail_timeout=2s;" for replica in replicas
    )
    text = text.replace("server web:8000 resolve max_fails=3 fail_timeout=2s;", servers)
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{port + 3};")
    text = text.replace("access_log /dev/stdout line;", "access_log off;")
    configuration.write_text(text)
    with contextlib.ExitStack() as stack:
        for replica in replicas:
            stack.callback(replica.stop)
            replica.start()
        process = subprocess.Popen(
            [nginx, "-c", str(configuration), "-p", str(product.var), "-g",
             f"daemon off; pid {product.var}/nginx.pid;"]
        )  # fmt: skip
        stack.callback(process.wait)
        stack.callback(process.terminate)
        time.sleep(1)
        yield f"127.0.0.1:{port + 3}", replicas
