#!/usr/bin/env python3
"""More than 20,000 hostile inputs, and how fast others are answered meanwhile; see README.md.

    python benchmarks/hostile.py [--seconds 8] [--rounds 3] [--data DIR]

It starts a service of its own and attacks no other. It goes on in `hostile/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.hostile")
