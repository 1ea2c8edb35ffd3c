#!/usr/bin/env python3
"""Value the homes of a CSV file over HTTP, and see that the service works.

    python examples/value_homes.py [FILE] [--url http://127.0.0.1:8000]

FILE has the columns of `future_unseen_examples.csv`. Each home is sent to both endpoints: to
`/api/predict/` whole, to `/api/predict/minimal/` with what that says it needs. Standard library
only. The exit code is 0 if every request was answered, 1 if any failed, 2 if it could not be
finished.
"""

import argparse
import csv
import http.client
import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FILE = "future_unseen_examples.csv"
TEXT_COLUMNS = {"zipcode"}
ROW = "{:>4}  {:>4} {:>5} {:>6} {:>6}  {:>12} {:>12}  {:>9} {:>7} {:>7}"


class Service:
    """One connection that is kept open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.netloc, timeout=30)
        self._prefix = parts.path.rstrip("/")

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any], float]:
        """Status, JSON body and milliseconds."""
        started = time.perf_counter()
        content = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        self._connection.request(method, self._prefix + path, content, headers)
        response = self._connection.getresponse()
        answer = json.loads(response.read())
        return response.status, answer, (time.perf_counter() - started) * 1000


def read_homes(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [
            {name: text if name in TEXT_COLUMNS else float(text) for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


def default_file() -> Path:
    """The user's own file if there is one, else the synthetic sample."""
    data = Path(__file__).resolve().parent.parent / "data"
    folders = [Path(os.environ["HOUSING_DATA"])] if os.environ.get("HOUSING_DATA") else []
    for folder in [*folders, data, data.parent / "var" / "data"]:
        if (folder / FILE).is_file():
            return folder / FILE
    return data / "sample" / FILE


def shown(status: int, answer: dict[str, Any]) -> str:
    return f"{answer['prediction']:,.0f}" if status == 200 else f"error {status}"


def value_all(service: Service, homes: list[dict[str, Any]]) -> int:
    """Print the table and the summary; the number of requests that failed."""
    if not homes:
        raise ValueError("there are no homes in it")
    status, required, _ = service.ask("GET", "/api/predict/minimal/")
    if status != 200:
        raise SystemExit(f"/api/predict/minimal/ answered {status}: {required.get('detail')}")
    print(
        ROW.format("home", "beds", "baths", "sqft", "zip", "full", "minimal", "model", "ms", "ms")
    )
    failures: list[str] = []
    milliseconds: list[float] = []
    kinds = set()
    for number, home in enumerate(homes, start=1):
        cells, times, model = [], [], "–"
        for path, body in (
            ("/api/predict/", home),
            ("/api/predict/minimal/", {name: home[name] for name in required["required"]}),
        ):
            status, answer, took = service.ask("POST", path, body)
            cells.append(shown(status, answer))
            times.append(took)
            if status == 200:
                model = f"{answer['model']['name']} {answer['model']['version']}"
                kinds.add(answer["data"])
            else:
                failures.append(f"home {number}, {path}: {status} {answer.get('detail')}")
        milliseconds += times
        facts = (f"{home['bedrooms']:g}", f"{home['bathrooms']:g}", f"{home['sqft_living']:g}")
        print(
            ROW.format(number, *facts, home["zipcode"], *cells, model, *map("{:.1f}".format, times))
        )
    milliseconds.sort()
    print(
        f"\n{len(milliseconds)} requests, {len(failures)} failed; "
        f"median {milliseconds[len(milliseconds) // 2]:.1f} ms, slowest {milliseconds[-1]:.1f} ms"
    )
    if "synthetic" in kinds:
        print("SYNTHETIC data: these estimates value no real home.")
    for failure in failures:
        print(failure, file=sys.stderr)
    return len(failures)


def main() -> int:
    parser = argparse.ArgumentParser(description="Value the homes of a CSV file over HTTP.")
    parser.add_argument("file", type=Path, nargs="?", default=default_file())
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    options = parser.parse_args()
    try:
        return 1 if value_all(Service(options.url), read_homes(options.file)) else 0
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        print(f"cannot value {options.file} at {options.url}: {error!r}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
