"""Entry of the scripts in `bin/`: `python -m ops.embedded up|manage …`."""

import os
import sys
from pathlib import Path

from ops.embedded import manage, up

ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = {"up": up.main, "manage": manage.main}

if __name__ == "__main__":
    folder = Path(os.environ.get("HOUSING_VAR") or ROOT / "var").resolve()
    sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:], folder))
