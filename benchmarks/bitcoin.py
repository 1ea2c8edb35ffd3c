#!/usr/bin/env python3
"""Predictions of bitcoin, asked without a pause while the model goes on learning; see README.md.

    python benchmarks/bitcoin.py [--data DIR] [--trainings 100]

It goes on in `teaching/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.teaching")
