"""Schemathesis with all its checks, on every operation, as each kind of caller.

schemathesis.toml says what is left out, and why. It looks for 5xx, for what is not documented
(statuses, headers, bodies, content types, methods), for wrong requests that are accepted and right
ones that are refused, and for operations that answer without what they ask for.
"""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from predictions.keys.models import SCOPES
from tests.access.callers import Caller
from tests.live import Live

# "coverage" goes once through all that a schema bounds. It is nothing to it who asks: here who may
# do nothing, and who may do everything.
ALL_PHASES = {"nobody", "staff"}
CALLERS = ("nobody", *SCOPES, "expired", "revoked", "staff")


@pytest.mark.parametrize("name", CALLERS)
def test_it_works(guarded: Live, callers: list[Caller], tmp_path: Path, name: str) -> None:
    (caller,) = (caller for caller in callers if caller.name == name)
    # Not for Schemathesis to fetch: it would show a key that is refused.
    schema = tmp_path / "openapi.json"
    schema.write_bytes(httpx.get(f"{guarded.url}/api/schema/?format=json").content)
    phases = "examples,coverage,fuzzing" if name in ALL_PHASES else "examples,fuzzing"
    headers = [f"--header={header}: {value}" for header, value in caller.headers.items()]
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            f"--config-file={settings.BASE_DIR / 'tests/access/schemathesis.toml'}",
            *("run", str(schema), f"--url={guarded.url}"),
            *(f"--phases={phases}", "--warnings=off", "--continue-on-failure", *headers),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + guarded.text[-5_000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested and int(tested[1]) >= 44, done.stdout[-2_000:]
