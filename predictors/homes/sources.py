"""Where the home files come from, first that has them: named folder, `data/`, internet, sample."""

from pathlib import Path

from django.conf import settings

from predictions.contract import DataError, Report
from predictions.fetching import fetch
from predictors.homes.files import (
    DEMOGRAPHICS_FILE,
    EXAMPLES_FILE,
    SALES_FILE,
    SAMPLE_FOLDER,
)

PUBLIC_FOLDER = (
    "https://raw.githubusercontent.com/keunlee/mle-project-challenge-2/"
    "89be46988be578d2d4a660d03a827bf496521908/data/"
)
SHA256 = {
    SALES_FILE: "d0875baa0251b21d4bdc9d2ae940a4fe0bb6009824f23dd0e2a5b2bf04557b7e",
    DEMOGRAPHICS_FILE: "8d9be9398129f6a9dde49678524103548d02373715f57cf57121d0fcb33f02a5",
    EXAMPLES_FILE: "5a31ff0c888bef204776208fcd7360859f12cab5e5bff30a8252715928cdd517",
}
OWN_FOLDER = settings.BASE_DIR / "data"
"""Where a user puts real files."""


def missing_files(folder: Path) -> list[str]:
    return [name for name in SHA256 if not (folder / name).is_file()]


def find_files(*, folder: Path | None, report: Report) -> Path:
    """The folder with the three files. Raises DataError if `folder` is named and lacks one."""
    if folder is not None:
        missing = missing_files(folder)
        if missing:
            raise DataError(f"the data folder {folder} has no {', '.join(missing)}")
        return folder
    downloaded = settings.VAR / "data"
    for candidate in (OWN_FOLDER, downloaded):
        if not missing_files(candidate):
            return candidate
    if download(PUBLIC_FOLDER, downloaded, report):
        return downloaded
    report("no real data at hand: using the SYNTHETIC sample in data/sample")
    return SAMPLE_FOLDER


def download(source: str, folder: Path, report: Report) -> bool:
    """Fetch the three files from the URL `source` into `folder`; False if that cannot be done."""
    return all(
        fetch(source + name, sha256=digest, folder=folder, report=report)
        for name, digest in SHA256.items()
    )
