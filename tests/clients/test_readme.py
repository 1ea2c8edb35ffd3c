"""The client as its users get it: the package that is built, and the program of its README."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from tests.live import SAMPLE, Live
from valuation_client import __version__

SOURCE = settings.BASE_DIR / "clients" / "python"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder)]
    subprocess.run([*command, str(copy)], check=True, timeout=60)
    (built,) = folder.glob("*.whl")
    return built


def run(program: str, wheel: Path, live: Live, folder: Path) -> list[str]:
    """With the package as it was built: httpx is had from here, ours from nowhere else. What it
    printed, by lines."""
    (folder / "example.py").write_text(program.replace("http://127.0.0.1:8000", live.url))
    shutil.copy(SAMPLE / "future_unseen_examples.csv", folder / "homes.csv")
    installed = Path(httpx.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-I", "-c", _RUN, str(wheel), str(installed)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def examples(document: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", document.read_text(), re.S)


def test_it_works(wheel: Path, live: Live, tmp_path: Path) -> None:
    """Its example, at a service that is there."""
    said = run("\n".join(examples(SOURCE / "README.md")), wheel, live, tmp_path)
    assert re.fullmatch(r"[\d,]+ USD, basic \d+", said[0]), said
    assert said[1] == "bedrooms: -1 is out of range (accepted: a whole number from 0 to 50)"
    assert any(line.startswith("done ") for line in said)
    homes = (tmp_path / "homes.csv").read_text().count("\n") - 1
    assert len([line for line in said if re.match(r"98\d{3} \d", line)]) == homes
    assert (tmp_path / "valued.parquet").stat().st_size > 1000


def test_the_examples_of_the_documents_work(wheel: Path, live: Live, tmp_path: Path) -> None:
    one_home, file = examples(settings.BASE_DIR / "docs" / "client.md")
    (line,) = run(one_home, wheel, live, tmp_path)
    assert re.match(r"[0-9a-f-]{36} [\d.]+ USD ", line)
    (line,) = run(file, wheel, live, tmp_path)
    assert line == "100 rows, 0 refused"
    assert (tmp_path / "valued.csv").exists()


_RUN = """
import runpy, sys
sys.path[:0] = sys.argv[1:3]
runpy.run_path("example.py")
import valuation_client
assert ".whl" in valuation_client.__file__, valuation_client.__file__
"""


def test_its_types_come_with_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith(".py")}
    assert "valuation_client/py.typed" in names
    assert any(name.endswith("/LICENSE") for name in names)


def test_its_version_is_one() -> None:
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


def test_every_method_is_in_its_readme() -> None:
    from_here = (SOURCE / "README.md").read_text()
    client = (SOURCE / "src" / "valuation_client" / "client.py").read_text()
    methods = re.findall(r"^    def ([a-z]\w*)\(", client, re.M)
    assert len(methods) > 15
    assert [name for name in methods if f"`{name}`" not in from_here and name != "close"] == []
