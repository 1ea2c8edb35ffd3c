#!/usr/bin/env python3
"""What a training does to those who ask meanwhile; see README.md.

    python benchmarks/training.py [--data DIR] [--rate 200] [--recipe champion]

It goes on in `retraining/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.retraining")
