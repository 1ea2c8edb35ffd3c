#!/usr/bin/env python3
"""A million homes as one batch, and the same by pandas and pickle alone; see README.md.

    python benchmarks/batch.py [--rows 1_000_000] [--data DIR] [--models basic,champion]

It goes on in `batches/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.batches")
