"""Known files from public addresses."""

import hashlib
import http.client
import urllib.request
from pathlib import Path

from predictions.contract import Report

TIMEOUT_SECONDS = 5
MAX_BYTES = 10_000_000


def fetch(url: str, *, sha256: str, folder: Path, report: Report) -> bool:
    """Into `folder`, under the name that the address ends with; False if that cannot be done.

    A file whose SHA-256 is another one is not kept.
    """
    name = url.rpartition("/")[2]
    report(f"downloading {name}")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
            content = response.read(MAX_BYTES)
        if hashlib.sha256(content).hexdigest() != sha256:
            report(f"download refused: {name} is not the known file (SHA-256 differs)")
            return False
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{name}.partial"
        partial.write_bytes(content)
        partial.replace(folder / name)
    except (OSError, http.client.HTTPException) as error:
        report(f"download failed: {error}")
        return False
    return True
