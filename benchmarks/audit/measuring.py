"""What is measured once the log is made; in a process whose Django is set to the large one."""

import statistics
import sys
import uuid
from datetime import UTC, datetime, timedelta

import uuid_utils

from benchmarks.audit import reading, writing
from benchmarks.audit.databases import Databases
from benchmarks.audit.filling import first_moment
from benchmarks.audit.pattern import row_like

LARGEST_PAGE_MS = 50.0
SMALLEST_RATIO = 0.8


def main(
    *, url: str, prefix: str, full: str, pattern: str, seconds: int, rounds: int, ordered: bool
) -> None:
    """Exits with 1 if something is slower than it may be."""
    row = row_like(pattern)
    assert row.features is not None and row.response is not None
    sizes = len(row.request), len(row.features), len(row.response)
    say("a row: request {} bytes, {} inputs, response {} bytes\n".format(*sizes))
    missed = show_pages()
    missed += show_plan()
    rates = writing.compare(
        databases=Databases(url, prefix),
        full=full,
        row=row,
        new_request_id=ordered_id if ordered else random_id,
        seconds=seconds,
        rounds=rounds,
    )
    missed += show_rates(rates)
    if missed:
        say(f"\n!! {'; '.join(missed)}")
        sys.exit(1)


def ordered_id() -> str:
    return uuid_utils.uuid7().hex


def random_id() -> str:
    return uuid.uuid4().hex


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show_pages() -> list[str]:
    """The pages that are too slow."""
    say(f"{'a page of a day, ms':24}{'median':>10}{'worst':>10}{'rows':>8}")
    found = reading.read(first_moment(datetime.now(UTC)))
    for pages in found:
        say(f"{pages.place:24}{pages.median:10.1f}{pages.worst:10.1f}{pages.rows:8}")
    return [
        f"a {pages.place} page took {pages.worst:.1f} ms"
        for pages in found
        if pages.worst > LARGEST_PAGE_MS
    ]


def show_plan() -> list[str]:
    text, partitions = reading.plan((datetime.now(UTC) - timedelta(days=40)).date())
    say("")
    for line in text.splitlines():
        say(f"  {line[:150]}")
    missed = [] if len(partitions) == 1 else [f"{len(partitions)} partitions were read"]
    if "Index Scan" not in text or "Sort" in text:
        missed.append("a page is not read in the order of the index")
    return missed


def show_rates(rates: writing.Rates) -> list[str]:
    say(f"\n{f'rows/s, {writing.THREADS} threads':24}{'median':>10}{'least':>10}{'most':>10}")
    for name, figures in (("the empty log", rates.empty), ("this log", rates.full)):
        median, least, most = statistics.median(figures), min(figures), max(figures)
        say(f"{name:24}{median:10,.0f}{least:10,.0f}{most:10,.0f}")
    say(f"{'ratio, median of pairs':24}{rates.ratio:10.2f}")
    missed = rates.ratio < SMALLEST_RATIO
    return [f"inserts have {rates.ratio:.2f} of the empty log's rate"] if missed else []
