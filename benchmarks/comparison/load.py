"""One load: wrk, a client in C, with connections that are kept open."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("post.lua")
HOW_TO_GET_WRK = "wrk is missing: apt-get install wrk (Debian), brew install wrk (macOS)"


class CannotMeasure(Exception):
    """One line that says why."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw in one run; latencies in ms."""

    requests: int
    seconds: float
    p50: float
    p99: float
    refused: int
    """Answers with a status of 400 or more."""
    broken: int
    """Connections, reads and writes that failed, and answers that took over two seconds."""

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def errors(self) -> int:
        return self.refused + self.broken


def find_wrk() -> str:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise CannotMeasure(HOW_TO_GET_WRK)
    return wrk


def version_of_wrk() -> str:
    """wrk prints its version with its usage, and exits 1."""
    result = subprocess.run([find_wrk(), "-v"], capture_output=True, text=True, check=False)
    return " ".join(result.stdout.split()[:2])


def run(
    url: str,
    body: bytes,
    *,
    connections: int,
    seconds: float,
    bodies: Path | None = None,
    keys: str = "",
    authorization: str = "",
) -> Load:
    """POST `body` to `url` over and over on each of the connections.

    `bodies`: a file with others, one in each line, which are sent by turns instead. `keys`: the
    idempotency key of each request, with the request's number in place of `%d`. `authorization`:
    the header.
    """
    instead = {} if bodies is None else {"BENCHMARK_BODIES": str(bodies)}
    instead |= {"BENCHMARK_KEYS": keys} if keys else {}
    instead |= {"BENCHMARK_AUTHORIZATION": authorization} if authorization else {}
    result = subprocess.run(
        # One thread: the servers need the cores more than this client does.
        [find_wrk(), "--threads=1", f"--connections={connections}", f"--duration={seconds:.0f}s",
         "--latency", f"--script={SCRIPT}", url],
        env={**os.environ, "BENCHMARK_BODY": body.decode(), **instead},
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )  # fmt: skip
    if result.returncode != 0:
        raise CannotMeasure(f"wrk failed: {(result.stdout + result.stderr).strip()}")
    summary = json.loads(result.stdout.splitlines()[-1])
    if not summary["requests"]:
        raise CannotMeasure(f"no answer within {seconds:.0f} s")
    return Load(
        requests=summary["requests"],
        seconds=summary["microseconds"] / 1e6,
        p50=summary["p50"] / 1e3,
        p99=summary["p99"] / 1e3,
        refused=summary["status"],
        broken=summary["socket"],
    )
