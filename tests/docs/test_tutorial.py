"""The tutorial, command by command, on a service as its reader has it."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.live import Live, outside

from .test_docs import ROOT

PAGE = ROOT / "docs" / "tutorial" / "index.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.S | re.M)
END = "== end of block =="


def objects(text: str) -> list[dict[str, Any]]:
    """Each JSON object that a block printed, in its order."""
    found, decoder = [], json.JSONDecoder()
    while (start := text.find("{")) >= 0:
        one, length = decoder.raw_decode(text[start:])
        found.append(one)
        text = text[start + length :]
    return found


def test_it_works(own: Live, started_before: Path) -> None:
    """In one shell, in order, each ending well; and what is said of the answers is so."""
    # The password was shown when what this service goes on from was first started.
    own.output.insert(0, (started_before.parent / "said").read_text())
    own.activate(2)  # the reader's first start ends so
    blocks = BLOCK.findall(PAGE.read_text())
    script = "set -euo pipefail\n" + "".join(f"{block}\necho '{END}'\n" for block in blocks)
    # The reader's service has the default address and the default folder.
    script = script.replace("http://127.0.0.1:8000", own.url).replace("var/", f"{own.var}/")
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=outside(own.var, PASSWORD=own.password),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.split(END)
    first, ranged, logged, trained, listed, switched, back, told, accuracy, drift, *_ = said
    (answer,) = objects(first)
    assert (answer["model"]["version"], answer["model"]["name"]) == (2, "champion")
    assert answer["data"] == "synthetic"
    (more,) = objects(ranged)
    assert more["interval"]["lower"] < more["prediction"] < more["interval"]["upper"]
    assert answer["id"] in logged
    assert "homes 3 (basic)" in trained
    assert [version["version"] for version in objects(listed)[0]["versions"]][:3] == [3, 2, 1]
    activated, serving = objects(switched)
    assert (activated["from"], activated["to"]) == (2, 3)
    assert serving
    assert objects(back)[0]["to"] == 2
    assert '"recorded"' in told
    (group,) = objects(accuracy[accuracy.index("{") :])[0]["groups"]
    assert group["group"] == "2"
    assert group["mdape"] < group["at_training"]["mdape"]
    (report,) = objects(drift[drift.index("{") :])
    assert report["newest"]["is_alert"]
    assert "sqft_living" in {reason.get("input") for reason in report["newest"]["reasons"]}
