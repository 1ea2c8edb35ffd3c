#!/usr/bin/env python3
"""From decoded JSON to a prediction, without HTTP and without the log; see README.md.

    python benchmarks/in_process.py [--data DIR]

It goes on in `steps/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.steps")
