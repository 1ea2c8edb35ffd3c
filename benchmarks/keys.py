#!/usr/bin/env python3
"""What API keys, and limits, cost the requests of this service; see README.md.

    python benchmarks/keys.py [--seconds 8] [--rounds 4] [--data DIR]

It goes on in `admitting/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.admitting")
