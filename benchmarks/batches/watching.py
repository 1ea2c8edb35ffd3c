"""One batch over HTTP, and what the workers need for it."""

import http.client
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.product import Product

LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Scored:
    seconds: float
    rate: float
    phases: dict[str, float]
    peak_mb: float
    """Of the largest process."""
    peaks_mb: float
    """Of all processes together, though they need not have been at their peaks at the same time."""
    cpu_seconds: float
    logged: int
    failed: int


def score(product: Product, file: Path, version: int, out: Path) -> Scored:
    """Raises CannotMeasure."""
    cpu, peaks = _cpu(product), dict[int, float]()
    began = time.monotonic()
    batch = _post(product, file, version)
    sent = time.monotonic() - began
    while batch["finished_at"] is None:
        time.sleep(LOOK_SECONDS)
        peaks |= {worker.pid: _peak(worker) for worker in _workers(product)}
        batch = _get(product, batch["links"]["self"])
    whole = time.monotonic() - began
    if batch["state"] != "done":
        raise CannotMeasure(f"the batch {batch['state']}: {batch['error']}")
    cpu = _cpu(product) - cpu
    fetching = _fetch(product, batch["links"]["csv"], out)
    (logged,) = product.row(
        f"SELECT count(DISTINCT id) FROM predictions_prediction WHERE request_id = '{batch['id']}'"  # noqa: S608
    )
    created, started, finished = (
        datetime.fromisoformat(batch[name]) for name in ("created_at", "started_at", "finished_at")
    )
    scoring = batch["rows"]["done"] / batch["rows_per_second"]
    phases = {
        "receiving": sent,
        "splitting": (started - created).total_seconds(),
        "scoring": scoring,
        "assembling": (finished - started).total_seconds() - scoring,
        "(then) fetching as CSV": fetching,
    }
    return Scored(
        seconds=whole,
        rate=batch["rows"]["done"] / whole,
        phases=phases,
        peak_mb=max(peaks.values(), default=0.0),
        peaks_mb=sum(peaks.values()),
        cpu_seconds=cpu,
        logged=int(logged),
        failed=batch["rows"]["failed"],
    )


def _post(product: Product, file: Path, version: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection(product.address, timeout=600)
    headers = {"Content-Type": "text/csv", "Content-Length": str(file.stat().st_size)}
    with file.open("rb") as body:
        connection.request("POST", f"/api/batches/?model={version}", body, headers)
        response = connection.getresponse()
        found: dict[str, Any] = json.loads(response.read())
    if response.status != http.HTTPStatus.ACCEPTED:
        raise CannotMeasure(f"the file is refused: {found}")
    return found


def _get(product: Product, path: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(product.address, timeout=60)
    connection.request("GET", path)
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    return found


def _fetch(product: Product, path: str, out: Path) -> float:
    began = time.monotonic()
    connection = http.client.HTTPConnection(product.address, timeout=600)
    connection.request("GET", path)
    response = connection.getresponse()
    with out.open("wb") as file:
        while block := response.read(1024 * 1024):
            file.write(block)
    return time.monotonic() - began


def _workers(product: Product) -> Iterator[psutil.Process]:
    """Of the queue of batches, the processes that score among them."""
    for process in psutil.process_iter():
        try:
            is_ours = process.environ().get("HOUSING_VAR") == str(product.var)
            if (
                is_ours
                and "batches" in " ".join(process.cmdline())
                and "celery" in " ".join(process.cmdline())
            ):
                yield process
        except psutil.Error:
            continue


def _peak(process: psutil.Process) -> float:
    """The most that it has had in memory since it began, as the kernel counts it, MB."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+([0-9]+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def _cpu(product: Product) -> float:
    """Seconds, of all workers."""
    found = 0.0
    for process in _workers(product):
        times = process.cpu_times()
        found += times.user + times.system
    return found
