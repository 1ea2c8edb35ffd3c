#!/usr/bin/env python3
"""How long a running service takes to answer GET /metrics, and how much it says.

python benchmarks/scrape.py [http://127.0.0.1:8000] [--times 50]
"""

import argparse
import statistics
import sys
import time
import urllib.request


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--times", type=int, default=50)
    chosen = parser.parse_args()
    took, text = [], b""
    for _ in range(chosen.times):
        started = time.perf_counter()
        with urllib.request.urlopen(f"{chosen.url}/metrics") as response:  # noqa: S310
            text = response.read()
        took.append((time.perf_counter() - started) * 1000)
    series = sum(not line.startswith(b"#") for line in text.splitlines())
    sys.stdout.write(
        f"{series} series, {len(text):,} bytes; ms: fastest {min(took):.1f}, "
        f"median {statistics.median(took):.1f}, slowest {max(took):.1f}\n"
    )


if __name__ == "__main__":
    main()
