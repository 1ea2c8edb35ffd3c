"""The page about bitcoin says what is so."""

import json
import re
import subprocess

from tests.live import Live, outside

from .test_docs import ROOT

PAGE = ROOT / "docs" / "bitcoin.md"


def test_it_works(live: Live) -> None:
    """Each command as it stands, on the sample: ask, ask, tell, and how far off it was."""
    shown = re.search(r"user admin, password (\S+)", live.text)
    assert shown
    environment = outside(live.var, PASSWORD=shown[1])
    text = PAGE.read_text().partition("## Teach it")[0]  # that would switch versions
    commands = re.findall(r"```sh\n(curl .*?)\n```", text, re.S)
    answers = []
    for command in commands:
        done = subprocess.run(
            command.replace("http://127.0.0.1:8000", live.url),
            shell=True,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (command, done)
        answers.append(json.loads(done.stdout))
    close, high, told, accuracy, watched = answers
    assert (close["target"], high["target"]) == ("next_close", "next_high")
    assert told["added"] + told["known"] == 1
    assert {"n", "model", "persistence", "ewma"} <= accuracy.keys()
    assert watched["newest"]
