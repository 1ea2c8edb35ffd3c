"""What is measured once a log is made; in a process whose Django is set to its database."""

import gc
import logging
import statistics
import sys
import time
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from benchmarks.operating.filling import Placement, fill
from benchmarks.operating.processor import backend_seconds
from predictions.traffic.pictures import SPANS
from predictions.traffic.services import count_up, counted_until, picture

PAGE = "/console/operations/"
LARGEST_PAGE_MS = 500.0
# What 3,000 requests a second leave between two turns of the task.
BETWEEN = 30_000
TURNS = 5


def main(*, url: str, pattern: str, pages: int) -> None:
    """Exits with 1 if a page takes longer than it may."""
    logging.disable(logging.WARNING)  # a line for each page
    show_first_count()
    missed = show("the figures", lambda window: picture(window=window) and None, pages)
    missed += show("the page", opened(), pages)
    missed += show("a scrape", scraped(), pages, windows=("",))
    show_following(url, pattern)
    if missed:
        say(f"\n!! {'; '.join(missed)}")
        sys.exit(1)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show_first_count() -> None:
    began, before, turns, counted = time.perf_counter(), processor_seconds(), 0, 0
    while counted_until() is None:
        counted += count_up()
        turns += 1
    seconds = time.perf_counter() - began
    own = processor_seconds() - before
    say(
        f"  counted for the first time: {counted:,} rows in {seconds:.1f} s, {turns} turns; "
        f"processor time {own:.1f} s"
    )


def opened() -> Callable[[str], None]:
    """Opens the page as an operator does, through Django."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("operator"))

    def open_page(window: str) -> None:
        response = client.get(PAGE, {"range": window})
        if response.status_code != 200:
            raise RuntimeError(f"{PAGE} is answered {response.status_code}")

    return open_page


def scraped() -> Callable[[str], None]:
    """Reads what Prometheus reads."""
    client = Client(SERVER_NAME="localhost")

    def read(_: str) -> None:
        if client.get("/metrics").status_code != 200:
            raise RuntimeError("/metrics is not answered")

    return read


def show(
    what: str, read: Callable[[str], None], times: int, windows: Collection[str] = tuple(SPANS)
) -> list[str]:
    """The windows for which it takes too long."""
    read("1h")
    # Python's look through all the modules for garbage, once, is no figure's.
    gc.collect()
    gc.freeze()
    missed = []
    for window in windows:
        before = processor_seconds()
        took = [timed(partial(read, window)) for _ in range(times)]
        own = (processor_seconds() - before) / times * 1000
        say(
            f"  {what:12} {window:>4}: median {statistics.median(took):7.1f} ms, "
            f"worst {max(took):7.1f} ms; processor time {own:7.1f} ms"
        )
        if statistics.median(took) > LARGEST_PAGE_MS:
            missed.append(f"{what}, {window}: {statistics.median(took):.0f} ms")
    return missed


def processor_seconds() -> float:
    """Of this process and of the database's at the other end: what a quiet machine would take."""
    connection.ensure_connection()
    return time.process_time() + backend_seconds(connection.connection.info.backend_pid)


def show_following(url: str, pattern: str) -> None:
    took, own = [], 0.0
    for _ in range(TURNS):
        now = Placement("now", timedelta(seconds=10), 50, 4, 2)
        fill(url, rows=BETWEEN, placement=now, pattern=pattern)
        before = processor_seconds()
        took.append(timed(count_up))
        own += (processor_seconds() - before) / TURNS * 1000
    say(
        f"  {BETWEEN:,} further rows are counted in {statistics.median(took):.0f} ms "
        f"(worst of {TURNS}: {max(took):.0f}); processor time {own:.0f} ms"
    )


def timed(deed: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    deed()
    return (time.perf_counter() - began) * 1000
