#!/usr/bin/env python3
"""What fails while clients ask without a pause: switches, crashes, restarts; see README.md.

    python benchmarks/under_load.py switching|failures|scaling [--seconds 60] [--data DIR]

It goes on in `steadiness/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.steadiness")
