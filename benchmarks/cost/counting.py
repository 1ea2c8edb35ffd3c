"""Processor time of the product's processes, and what its database wrote, between two moments."""

import resource
from collections import Counter
from dataclasses import dataclass
from typing import Any

import psutil
import psycopg

from benchmarks.comparison.product import Product

WRITTEN = """
SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,
       (SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits
        WHERE inhparent = 'predictions_prediction'::regclass),
       (SELECT count(*) FROM predictions_prediction),
       (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())
"""
CONNECTIONS = """
SELECT coalesce(nullif(application_name, ''), backend_type), count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND backend_type = 'client backend' GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Count:
    requests: int
    rate: float
    seconds: dict[str, float]
    """Of processor time, by what the processes are."""
    wal: int
    disk: int
    """Bytes, of the log with its indexes."""
    rows: int
    commits: int

    def microseconds(self, name: str) -> float:
        return self.seconds.get(name, 0.0) / self.requests * 1e6


class Before:
    """Keeps the processes' times as they were."""

    def __init__(self, product: Product) -> None:
        self.database: psycopg.Connection[Any] = psycopg.connect(
            product.database_url, autocommit=True
        )
        self.database.execute("CHECKPOINT")
        self.written = written(self.database)
        self.times = times(product)

    def close(self) -> None:
        self.database.close()


def count(product: Product) -> Before:
    return Before(product)


def counted(product: Product, before: Before, *, requests: int, rate: float) -> Count:
    now = times(product)
    wal, disk, rows, commits = (
        int(after) - int(there)
        for after, there in zip(written(before.database), before.written, strict=True)
    )
    seconds = {name: used - before.times.get(name, 0.0) for name, used in now.items()}
    return Count(requests, rate, seconds, wal, disk, rows, commits)


def written(database: psycopg.Connection[Any]) -> tuple[Any, ...]:
    found = database.execute(WRITTEN).fetchone()
    assert found is not None
    return tuple(found)


def connections(product: Product) -> list[tuple[str, int]]:
    with psycopg.connect(product.database_url) as database:
        return database.execute(CONNECTIONS).fetchall()


def times(product: Product) -> dict[str, float]:
    """Processor time so far, in seconds, by kind of process."""
    found: Counter[str] = Counter()
    for process in psutil.process_iter():
        kind = _kind(process, product)
        if kind:
            try:
                used = process.cpu_times()
            except psutil.Error:
                continue
            found[kind] += used.user + used.system
    # wrk has ended: its time is with those of our children.
    client = resource.getrusage(resource.RUSAGE_CHILDREN)
    found["client"] = client.ru_utime + client.ru_stime
    return dict(found)


def _kind(process: psutil.Process, product: Product) -> str:
    """Empty: none of the product's."""
    try:
        command = " ".join(process.cmdline())
        if "postgres" in process.name():
            return _part(process, command, str(product.var))
        if process.environ().get("HOUSING_VAR") != str(product.var):
            return ""
    except psutil.Error:
        return ""
    if "gunicorn" in command:
        return "web"
    return "worker" if "celery" in command else ""


def _part(process: psutil.Process, command: str, var: str) -> str:
    """Of the server in `var`: its children name their work in their command line."""
    parent = process.parent()
    if not any(var in " ".join(one.cmdline()) for one in (process, parent) if one is not None):
        return ""
    # `postgres: USER DATABASE HOST what it does` is somebody's connection.
    return "database: connections" if " housing " in command else "database: itself"
