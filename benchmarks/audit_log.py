#!/usr/bin/env python3
"""Reading and writing an audit log of ten million rows; see README.md.

    python benchmarks/audit_log.py [--rows 10_000_000] [--seconds 10] [--rounds 3]

This file only makes the project's environment, as bin/up does, and goes on in `audit/`.
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
PYTHONPATH=$OLDPWD exec python -P -m benchmarks.audit "$@"
"""

if __name__ == "__main__":
    os.execv("/bin/sh", ["sh", "-euc", SCRIPT, str(ROOT), *sys.argv[1:]])  # noqa: S606
