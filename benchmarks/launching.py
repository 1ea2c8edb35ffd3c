"""Makes the project's environment, as bin/up does, and goes on in it."""

import os
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = """
here=$PWD
cd "$0"
. bin/environment.sh
environment requirements.txt requirements/embedded.txt >&2
cd "$here"
package=$1
shift
PYTHONPATH=$OLDPWD exec python -P -m "$package" "$@"
"""


def launch(package: str) -> NoReturn:
    """Become `python -m package` with this command's arguments."""
    command = ["sh", "-euc", SCRIPT, str(ROOT), package, *sys.argv[1:]]
    os.execv("/bin/sh", command)  # noqa: S606
