#!/usr/bin/env python3
"""What one prediction costs: processor time by process, write-ahead log, disk; see README.md.

    python benchmarks/cost_per_request.py [--seconds 20] [--connections 16] [--data DIR]

It goes on in `cost/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.cost")
