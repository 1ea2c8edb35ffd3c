"""The documents say what is so."""

import re
import subprocess
from pathlib import Path

from django.conf import settings

from housing_api.environment import VARIABLES
from modelregistry.errors import DomainError
from tests.live import Live, outside

ROOT: Path = settings.BASE_DIR


def all_errors(base: type[DomainError] = DomainError) -> set[str]:
    return {base.code}.union(*(all_errors(kind) for kind in base.__subclasses__()))


def test_it_works() -> None:
    """Every relative link of every document leads somewhere."""
    for document in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document}: {target}"


def test_every_setting_is_listed_with_its_meaning() -> None:
    listed = dict(
        re.findall(
            r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", (ROOT / "docs/settings.md").read_text(), re.M
        )
    )
    assert listed == {variable.name: variable.meaning for variable in VARIABLES}


def test_every_error_code_is_listed() -> None:
    listed = set(re.findall(r"^\| `([a-z-]+)`", (ROOT / "docs/errors.md").read_text(), re.M))
    from_django = {"not-acceptable", "method-not-allowed", "not-found", "bad-request", "forbidden"}
    assert all_errors() | from_django | {"internal-server-error"} <= listed


def test_every_command_of_the_readme_works(live: Live, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    commands = [
        line
        for block in re.findall(r"```sh\n(.*?)```", text, re.S)
        for line in block.strip().splitlines()
    ]
    assert len(commands) >= 5
    shown = re.search(r"user admin, password (\S+)", live.text)
    assert shown
    environment = outside(
        live.var,
        HOUSING_DATA=str(ROOT / "data" / "sample"),
        PASSWORD=shown[1],
        # pip fetches what builds the client; here it is there, and no index is needed. Its word for
        # "do not isolate" is no.
        PIP_NO_BUILD_ISOLATION="no",
    )
    for command in commands:
        # The default address is bin/up's default port; the tests' service has another.
        command = command.replace("http://127.0.0.1:8000", live.url)
        # What is made there is made once; the tests run again and again.
        command = re.sub(r"(?<= )var/", f"{tmp_path}/", command)
        if "value_homes.py" in command or "replay_seconds" in command:
            command += f" --url {live.url}"
        done = subprocess.run(
            command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, (command, done)


def test_the_sql_and_the_request_of_the_readme_work(live: Live) -> None:
    text = (ROOT / "README.md").read_text()
    (statement,) = re.findall(r"```sql\n(.*?)```", text, re.S)
    with live.database() as database:
        assert database.execute(statement).rowcount >= 1
    (request,) = re.findall(r"\$ (curl .*?\}')", text, re.S)
    done = subprocess.run(
        request.replace("http://127.0.0.1:8000", live.url),
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in re.findall(r'"(\w+)":', text.split("}'")[1].split("```")[0]):
        assert f'"{name}":' in done.stdout
