#!/usr/bin/env python3
"""What a backup, its comparison and a restore of a large log take; see README.md.

    python benchmarks/backup.py [--rows 1000000] [--jobs 2]

It goes on in `backing/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.backing")
