"""Whether the index of `created_at` slows the writer; in a process of Django."""

import statistics

from benchmarks.audit import writing
from benchmarks.audit.databases import Databases
from benchmarks.audit.measuring import ordered_id, say
from benchmarks.audit.pattern import row_like


def main(*, url: str, prefix: str, without: str, pattern: str, seconds: int) -> None:
    rates = writing.compare(
        databases=Databases(url, prefix),
        full=without,
        row=row_like(pattern),
        new_request_id=ordered_id,
        seconds=seconds,
        rounds=1,
    )
    for name, found in (("with", rates.empty), ("without", rates.full)):
        say(f"rows/s of one process, {name:7} the index: median {statistics.median(found):,.0f}")
    say(f"with to without, median of pairs: {1 / rates.ratio:.2f}")
