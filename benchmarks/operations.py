#!/usr/bin/env python3
"""The operations page over a log of a million rows, and what counting them costs; see README.md.

    python benchmarks/operations.py [--rows 1_000_000] [--pages 20] [--turns 6]

It goes on in `operating/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.operating")
