#!/usr/bin/env python3
"""Requests per second of this service and of others with the same model; see README.md.

    python benchmarks/serving.py [--seconds 10] [--only ours,floor] [--data DIR]

It goes on in `comparison/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.comparison")
