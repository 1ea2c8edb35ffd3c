"""Where the files come from, first that has them: named folder, `data/`, internet, sample."""

from pathlib import Path

from django.conf import settings

from predictions.contract import Report
from predictions.fetching import fetch
from predictors.bitcoin.files import SAMPLE_FOLDER, SECONDS_FILE

NETWORK_FILE = "model.h5"
OWN_FOLDER = settings.BASE_DIR / "data"
"""Where a user puts real files."""
PUBLIC = "https://raw.githubusercontent.com/penngineering/ml-engineering-challenge/"
ADDRESSES = {
    SECONDS_FILE: PUBLIC + "c87df6e14d6151a96516b83b3fc55179d5572786/bitcoin.csv",
    NETWORK_FILE: PUBLIC + "4302aeaa990e0b0df15e31b7aeaaca825775b9f8/model.h5",
}
SHA256 = {
    SECONDS_FILE: "c1bfee249ddcb217b223fe7d7b4e018d8c3674f67359cbcd2c7034815a2e156c",
    NETWORK_FILE: "f7293b571f0fa57c4ed1de042fa29ff9793886d71a64dba0b94bd9d29eae6c9a",
}


def find_seconds(*, folder: Path | None, report: Report) -> Path:
    """The file of seconds; at last the synthetic sample, which is always there."""
    found = _at_hand(SECONDS_FILE, folder)
    if found is not None:
        return found
    if folder is not None:
        report(f"the data folder {folder} has no {SECONDS_FILE}")
    downloaded = settings.VAR / "data"
    if folder is None and _download(SECONDS_FILE, downloaded, report):
        return downloaded / SECONDS_FILE
    report("no real seconds of bitcoin at hand: using the SYNTHETIC sample in data/sample")
    return SAMPLE_FOLDER / SECONDS_FILE


def find_network(*, folder: Path | None = None, report: Report | None = None) -> Path | None:
    """The handed-over model, if it is at hand; fetched only if somebody is told (`report`)."""
    found = _at_hand(NETWORK_FILE, folder)
    downloaded = settings.VAR / "data"
    if found is None and folder is None and report is not None:
        return downloaded / NETWORK_FILE if _download(NETWORK_FILE, downloaded, report) else None
    return found


def _at_hand(name: str, folder: Path | None) -> Path | None:
    named = [folder] if folder is not None else []
    if settings.DATA_FOLDER:
        named.append(Path(settings.DATA_FOLDER))
    candidates = (place / name for place in (*named, OWN_FOLDER, settings.VAR / "data"))
    return next((path for path in candidates if path.is_file()), None)


def _download(name: str, folder: Path, report: Report) -> bool:
    return fetch(ADDRESSES[name], sha256=SHA256[name], folder=folder, report=report)
