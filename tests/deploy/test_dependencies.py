"""What we are built of: known weaknesses, and licences."""

import json
from typing import Any

import pytest

from deploy.dependencies import licences
from deploy.dependencies.audit import Findings

MENDED = {"id": "PYSEC-2026-1", "fix_versions": ["2.0.1"], "aliases": [], "description": ""}
OPEN = MENDED | {"id": "CVE-2026-2", "fix_versions": []}


def package(name: str, *weaknesses: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "2.0", "vulns": list(weaknesses)}


def findings(*packages: dict[str, Any]) -> Findings:
    """Of what pip-audit 2 prints with --format json."""
    found = Findings()
    found.add(json.loads(json.dumps({"dependencies": packages, "fixes": []})))
    return found


def test_it_works() -> None:
    found = findings(package("a"), package("b"))
    assert found.lines() == ["audited 2 of 2 packages, 0 known weaknesses"]
    assert found.code(strict=True) == 0


def test_a_weakness_that_another_version_mends_fails() -> None:
    found = findings(package("a", MENDED), package("b"))
    assert found.lines()[0] == "a 2.0: PYSEC-2026-1, mended in 2.0.1"
    assert found.code(strict=False) == 1


def test_one_that_nobody_has_mended_is_shown() -> None:
    found = findings(package("a", OPEN))
    assert found.lines()[0] == "a 2.0: CVE-2026-2, not mended yet"
    assert found.code(strict=True) == 0


def test_what_nobody_could_be_asked_about_is_said_and_is_not_called_audited() -> None:
    found = findings(package("a"), {"name": "b", "skip_reason": "Dependency not found on PyPI"})
    assert found.lines() == [
        "audited 1 of 2 packages, 0 known weaknesses",
        "WARNING: NOT AUDITED: b",
    ]
    assert (found.code(strict=False), found.code(strict=True)) == (0, 1)
    # Another service could say.
    found.add({"dependencies": [package("b")]})
    assert found.code(strict=True) == 0


def test_no_answer_at_all_is_no_audit() -> None:
    found = Findings(why_not=["pypi, requirements.txt: no answer in 300 s"])
    assert "WARNING: NOT AUDITED: which ones is not known" in found.lines()
    assert (found.code(strict=False), found.code(strict=True)) == (0, 1)


def test_the_page_of_licences_is_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert licences.main(["--check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("licence", "is_ours"),
    [
        ("MIT", True),
        ("LGPL-3.0-only", True),
        ("GNU Lesser General Public License v3 (LGPLv3)", True),
        ("GPL-3.0-or-later", False),
        ("MIT AND AGPL-3.0", False),
        ("GNU Affero General Public License v3", False),
        ("GNU General Public License v2 (GPLv2)", False),
        ("CC-BY-NC-4.0", False),
    ],
)
def test_licences_that_would_bind_our_users_are_told_apart(licence: str, is_ours: bool) -> None:
    assert (licences.NOT_OURS.search(licence) is None) == is_ours
