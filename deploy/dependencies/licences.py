"""The licences of what is installed: python -m deploy.dependencies.licences [--check].

Writes the lists in docs/licences.md anew from the metadata of the packages that the locks name, all
of which must be installed (bin/test does it). Fails if a package says no licence, or one that our
users could not take the whole under MIT with.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "licences.md"
BEGIN, END = "<!-- made by deploy.dependencies.licences -->", "<!-- end -->"
LOCKS: Mapping[str, str] = {
    "requirements.txt": "In production",
    "requirements/embedded.txt": "On top of that, with `bin/up` and in tests",
    "requirements/dev.txt": "Only for tests and checks",
    "requirements/docs.txt": "Only to make the documents",
}
MOST = 60
"""Characters of a licence's name; what is longer is its text."""
# Their metadata is silent; this is what the licence file in the package says.
READ_BY_US: Mapping[str, str] = {"promql-parser": "MIT", "axe-playwright-python": "MIT"}
NAMES: Mapping[str, str] = {
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "BSD License": "BSD",
    "New BSD": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "LGPLv3": "LGPL-3.0",
}
NO_NAMES = {"", "UNKNOWN", "Dual License"}
# The GNU General Public Licenses without the L of "lesser", and what forbids a use.
NOT_OURS = re.compile(r"(?<!L)GPL|Affero|SSPL|BUSL|Commons Clause|Proprietary|NonCommercial|-NC")
_PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.M)
# Of the texts that come with scripts and fonts: their first words tell them apart.
_TEXTS: Mapping[str, str] = {
    "permission is hereby granted, free of charge": "MIT",
    "apache license": "Apache-2.0",
    "sil open font license": "OFL-1.1",
    "zero-clause bsd": "0BSD",
    "redistribution and use in source and binary forms": "BSD",
}


class Unclear(Exception):
    """A licence that somebody must look at."""


def licence_of(package: str) -> str:
    """As its metadata says; SPDX names where we know them. Raises Unclear."""
    found = metadata.metadata(package)
    if "License-Expression" in found:
        return found["License-Expression"]
    said = found["License"].strip() if "License" in found else ""
    if said not in NO_NAMES and "\n" not in said and len(said) <= MOST:
        return NAMES.get(said, said)
    listed = [
        line.rpartition(" :: ")[2]
        for line in found.get_all("Classifier") or ()
        if line.startswith("License :: ")
    ]
    if listed:
        return " OR ".join(NAMES.get(name, name) for name in sorted(listed))
    if package in READ_BY_US:
        return READ_BY_US[package]
    raise Unclear(f"{package} says no licence")


def packages_in(lock: str) -> list[str]:
    return _PINNED.findall((ROOT / lock).read_text())


def by_licence(packages: Sequence[str]) -> dict[str, list[str]]:
    """Raises Unclear."""
    found: dict[str, list[str]] = {}
    for package in packages:
        name = licence_of(package)
        if NOT_OURS.search(name):
            raise Unclear(f"{package} is under {name}")
        found.setdefault(name, []).append(package)
    return dict(sorted(found.items()))


def pages_parts() -> list[tuple[str, str, str]]:
    """Scripts and fonts that browsers get: what, where it comes from, licence. Raises Unclear."""
    found = []
    for folder in sorted((ROOT / "console" / "static").rglob("vendor/*/LICENSE")):
        shown = folder.parent.relative_to(ROOT)
        found.append((folder.parent.name, f"`{shown}`", licence_in(folder)))
    for package in packages_in("requirements.txt"):
        for file in metadata.files(package) or ():
            if "static" in file.parts and file.name.startswith(("LICENSE", "OFL")):
                located = Path(str(file.locate()))
                found.append((file.parent.name, package, licence_in(located)))
    return sorted(set(found))


def licence_in(file: Path) -> str:
    """Raises Unclear."""
    text = " ".join(file.read_text(encoding="utf-8", errors="replace").lower().split())
    places = {text.find(words): name for words, name in _TEXTS.items() if words in text}
    if not places:
        raise Unclear(f"{file} is no licence that we know")
    return places[min(places)]


def lists() -> str:
    """Markdown. Raises Unclear."""
    lines = []
    known: set[str] = set()
    for lock, title in LOCKS.items():
        packages = [package for package in packages_in(lock) if package not in known]
        known.update(packages)
        lines += [f"### {title}", "", "| licence | packages |", "|---|---|"]
        for name, names in by_licence(packages).items():
            lines.append(f"| {name} | {', '.join(names)} |")
        lines.append("")
    lines += ["### In the pages", "", "| what | from | licence |", "|---|---|---|"]
    lines += [f"| {what} | {origin} | {name} |" for what, origin, name in pages_parts()]
    return "\n".join(lines)


def page_with(text: str, made: str) -> str:
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{rest.partition(END)[2]}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it differs")
    options = parser.parse_args(arguments)
    text = PAGE.read_text(encoding="utf-8")
    try:
        new = page_with(text, lists())
    except Unclear as fault:
        print(fault, file=sys.stderr)
        return 1
    if options.check:
        if new != text:
            print(f"{PAGE} is old: run python -m deploy.dependencies.licences", file=sys.stderr)
        return int(new != text)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
