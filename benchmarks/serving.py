#!/usr/bin/env python3
"""Requests per second of this service and of others with the same model; see README.md.

    python benchmarks/serving.py [--seconds 10] [--only ours,floor] [--data DIR]

This file only makes the project's environment, as bin/up does, and goes on in `comparison/`.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = """
here=$PWD
cd "$0"
. bin/environment.sh
environment requirements.txt requirements/embedded.txt >&2
cd "$here"
PYTHONPATH=$OLDPWD exec python -P -m benchmarks.comparison "$@"
"""

if __name__ == "__main__":
    os.execv("/bin/sh", ["sh", "-euc", SCRIPT, str(ROOT), *sys.argv[1:]])  # noqa: S606
