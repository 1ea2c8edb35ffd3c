"""Where bin/up takes the data from."""

import hashlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from predictions import catalog
from predictions.contract import DataError
from predictors.homes.sources import SHA256, download, find_files
from tests.conftest import DATA_FOLDERS, SAMPLE


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """A web server with the sample's files under the public names."""
    served = tmp_path / "served"
    shutil.copytree(SAMPLE, served)
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(served))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_named_folder_is_taken() -> None:
    assert find_files(folder=SAMPLE, report=print) == SAMPLE


def test_a_named_folder_without_a_file_is_refused_by_name(tmp_path: Path) -> None:
    shutil.copy(SAMPLE / "kc_house_data.csv", tmp_path)
    with pytest.raises(DataError, match=r"no zipcode_demographics\.csv, future_unseen"):
        find_files(folder=tmp_path, report=print)


def test_files_that_were_put_into_the_data_folder_are_taken_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    monkeypatch.setattr("predictors.homes.predictor.OWN_FOLDER", tmp_path)
    for name in SHA256:
        shutil.copy(SAMPLE / name, tmp_path)
    demographics = tmp_path / "zipcode_demographics.csv"
    # Another content than the sample's, so not known as made up.
    demographics.write_bytes(b"\xef\xbb\xbf" + demographics.read_bytes())
    said: list[str] = []
    catalog.get("homes").load_data(folder=None, report=said.append)
    assert said[0] == f"home data: {tmp_path}"
    assert "zipcode_demographics" in said[1]


def test_a_download_of_another_content_is_refused_and_not_kept(mirror: str, tmp_path: Path) -> None:
    said: list[str] = []
    assert not download(mirror, tmp_path / "data", said.append)
    assert "SHA-256 differs" in said[-1]
    assert not list((tmp_path / "data").glob("*"))


def test_a_source_that_cannot_be_reached_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    assert not download("http://127.0.0.1:9/", tmp_path / "data", said.append)
    assert "download failed" in said[-1]


@pytest.mark.real_data
def test_the_real_files_are_the_public_ones_and_can_be_downloaded(
    tmp_path: Path, mirror: str
) -> None:
    real = DATA_FOLDERS["real"]
    for name, expected in SHA256.items():
        assert hashlib.sha256((real / name).read_bytes()).hexdigest() == expected
        shutil.copy(real / name, tmp_path / "served" / name)
    assert download(mirror, tmp_path / "data", print)
    assert {path.name for path in (tmp_path / "data").iterdir()} == SHA256.keys()
