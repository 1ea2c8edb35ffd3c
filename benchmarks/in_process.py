#!/usr/bin/env python3
"""From decoded JSON to a prediction, without HTTP and without the log; see README.md.

    python benchmarks/in_process.py [--data DIR]

This file only makes the project's environment, as bin/up does, and goes on in `steps/`.
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
PYTHONPATH=$OLDPWD exec python -P -m benchmarks.steps "$@"
"""

if __name__ == "__main__":
    os.execv("/bin/sh", ["sh", "-euc", SCRIPT, str(ROOT), *sys.argv[1:]])  # noqa: S606
