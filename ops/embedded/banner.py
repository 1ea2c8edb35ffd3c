"""Says once, when the service is ready, where it is and how to ask it."""

import json
import shlex
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

READY_SECONDS = 60


def banner(address: str, facts: dict[str, Any]) -> str:
    body = shlex.quote(json.dumps(facts["example"]))
    password_file = Path(facts["password_file"])
    if password_file.exists():
        admin = f"user admin, password {password_file.read_text()} (shown this once)"
    else:
        admin = "as created on the first run (lost: bin/manage changepassword admin)"
    lines = [
        "",
        "=" * 78,
        f"  Ready: {address}    (Ctrl-C stops everything)",
        f"  Value a home       {address}/",
        f"  Operations         {address}/console/operations/",
        f"  API documentation  {address}/api/docs/",
        f"  Admin              {address}/admin/  {admin}",
        *(
            f"  Model              {one['model']}, {one['data']} data, at {one['address']}"
            for one in facts["predictors"]
        ),
    ]
    if any(one["data"] == "synthetic" for one in facts["predictors"]):
        lines.append("  *** SYNTHETIC DATA: what was learned from it is invented, and so are ***")
        lines.append("  *** the answers. For real ones: bin/up --data FOLDER                 ***")
    example = f"{address}{facts['address']}"
    lines += [
        "  Ask it:",
        f"curl -s {example} -H 'Content-Type: application/json' -d {body}",
        "=" * 78,
    ]
    return "\n".join(lines)


def main(address: str) -> int:
    """Wait for readiness; the facts come as JSON on standard input."""
    facts = json.load(sys.stdin)
    # This machine is not asked through a proxy.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            # Not given up on: what is answered later would be counted as somebody's request.
            with direct.open(f"{address}/readyz", timeout=READY_SECONDS):
                print(banner(address, facts), flush=True)
                Path(facts["password_file"]).unlink(missing_ok=True)
                return 0
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    print(f"bin/up: not ready after {READY_SECONDS} s: {address}/readyz says why", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
