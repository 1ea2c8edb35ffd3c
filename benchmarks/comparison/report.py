"""The table, the ratios and the machine, as lines of text."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.comparison.load import Load, version_of_wrk

PEERS = ("drf", "fastapi", "mlflow")
ROW = "{:<8} {:>11} {:>10} {:>8} {:>8}  {:<24} {}"

Loads = Mapping[tuple[str, int], Sequence[Load]]
"""Every round of each target at each number of connections."""


def best(rounds: Sequence[Load]) -> Load:
    """The faster round: what disturbs a machine only ever slows."""
    return max(rounds, key=lambda load: load.rate)


def table(loads: Loads) -> Iterator[str]:
    yield ROW.format(
        "target", "connections", "requests/s", "p50 ms", "p99 ms", "errors", "requests/s by round"
    )
    for (name, connections), rounds in loads.items():
        load = best(rounds)
        yield ROW.format(
            name,
            connections,
            f"{load.rate:,.0f}",
            f"{load.p50:.2f}",
            f"{load.p99:.2f}",
            _errors(rounds),
            " ".join(f"{each.rate:,.0f}" for each in rounds),
        )


def _errors(rounds: Sequence[Load]) -> str:
    """Of all rounds, also of those that are not shown."""
    refused = sum(load.refused for load in rounds)
    broken = sum(load.broken for load in rounds)
    return f"!! {refused} refused, {broken} broken" if refused or broken else "0"


def ratios(loads: Loads, connections: int) -> Iterator[str]:
    shown = {key: best(rounds) for key, rounds in loads.items()}
    peers = [shown[name, connections] for name in PEERS if (name, connections) in shown]
    ours = shown.get(("ours", connections))
    floor = shown.get(("floor", connections))
    if ours and peers:
        rate, p99 = max(peer.rate for peer in peers), min(peer.p99 for peer in peers)
        yield f"requests/s, {connections} connections: ours / best peer = {ours.rate / rate:.2f}"
        yield f"p99, {connections} connections: ours / best peer = {ours.p99 / p99:.2f}"
    if ours and floor:
        yield f"requests/s, {connections} connections: ours / floor = {ours.rate / floor.rate:.2f}"
    single = [f"{name} {load.p50:.2f}" for (name, of), load in shown.items() if of == 1]
    yield f"p50 of one connection, ms: {', '.join(single)}"


def machine() -> Iterator[str]:
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    yield f"date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    yield (
        f"machine: {os.cpu_count()} cores, {models[0] if models else platform.processor()}; "
        f"{platform.system()} {platform.release()}; servers, database and client share it"
    )
    yield f"Python {platform.python_version()}; {version_of_wrk()}"
