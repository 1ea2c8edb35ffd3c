"""Virtual environments for peers that need other packages than the product."""

import hashlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.comparison.load import CannotMeasure

# Of these a peer gets the product's versions: the same pickle must load, and cost the same.
SHARED = ("scikit-learn", "scipy", "numpy", "pandas", "joblib", "threadpoolctl")


def python_with(requirements: Path, folder: Path) -> Path:
    """The interpreter of an environment in `folder`, made anew when what it needs changed."""
    constraints = "".join(f"{name}=={version(name)}\n" for name in SHARED)
    wanted = f"{sys.version}\n{constraints}{requirements.read_text()}"
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    stamp, python = folder / "installed", folder / "bin" / "python"
    if stamp.exists() and stamp.read_text() == digest:
        return python
    sys.stdout.write(f"installing {requirements.parent.name} (once; up to a minute)\n")
    sys.stdout.flush()
    _run(sys.executable, "-m", "venv", "--clear", str(folder))
    limits = folder / "constraints.txt"
    limits.write_text(constraints)
    _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--requirement", str(requirements), "--constraint", str(limits))  # fmt: skip
    stamp.write_text(digest)
    return python


def _run(*command: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise CannotMeasure(f"{' '.join(command[:4])} failed: {result.stderr.strip()[-2000:]}")


def installed(python: Path, *names: str) -> str:
    """`name version` of packages in that environment."""
    code = (
        "import sys, importlib.metadata as m;"
        "print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
    )
    command = [str(python), "-c", code, *names]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
