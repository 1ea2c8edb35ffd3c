"""Whether what is locked has known weaknesses: python -m deploy.dependencies.audit [LOCK …].

pip-audit asks PyPI, and of what PyPI could not say, OSV. It fails if a weakness is known that
another version mends. What nobody could be asked about is said, and fails only with --strict: a
machine without internet must be able to run the other checks.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LOCKS = ("requirements.txt", "requirements/embedded.txt")
SERVICES = ("pypi", "osv")
PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Weakness:
    package: str
    version: str
    name: str
    """As CVE, GHSA or PYSEC number it."""
    fixed_in: tuple[str, ...]


@dataclass(slots=True)
class Findings:
    asked: set[str] = field(default_factory=set)
    """Names of packages."""
    answered: set[str] = field(default_factory=set)
    weaknesses: dict[tuple[str, str], Weakness] = field(default_factory=dict)
    why_not: list[str] = field(default_factory=list)

    @property
    def unanswered(self) -> set[str]:
        return self.asked - self.answered

    def add(self, document: Mapping[str, Any]) -> None:
        """What pip-audit says in JSON."""
        for package in document["dependencies"]:
            name = package["name"]
            self.asked.add(name)
            if "skip_reason" in package:
                continue
            self.answered.add(name)
            for found in package["vulns"]:
                self.weaknesses[name, found["id"]] = Weakness(
                    name, package["version"], found["id"], tuple(found["fix_versions"])
                )

    def lines(self) -> list[str]:
        """For people."""
        said = [
            f"{found.package} {found.version}: {found.name}, "
            + (f"mended in {', '.join(found.fixed_in)}" if found.fixed_in else "not mended yet")
            for found in sorted(
                self.weaknesses.values(), key=lambda each: (each.package, each.name)
            )
        ]
        said.append(
            f"audited {len(self.answered)} of {len(self.asked)} packages, "
            f"{len(self.weaknesses)} known weaknesses"
        )
        if self.unanswered or self.why_not:
            said.append(f"WARNING: NOT AUDITED: {self._unanswered_in_words()}")
            said += [f"WARNING: {reason}" for reason in self.why_not]
        return said

    def _unanswered_in_words(self) -> str:
        if not self.unanswered:
            return "which ones is not known"
        if not self.answered:
            return "any of them"
        return ", ".join(sorted(self.unanswered))

    def code(self, *, strict: bool) -> int:
        """Of the process."""
        can_be_mended = any(found.fixed_in for found in self.weaknesses.values())
        is_whole = bool(self.asked) and not self.unanswered
        return 1 if can_be_mended or (strict and not is_whole) else 0


def ask(lock: str, service: str) -> Mapping[str, Any] | str:
    """What pip-audit found, or why it found nothing."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    # The lock is whole and pinned: nothing is resolved or installed.
    command += ["--disable-pip", "--require-hashes", "--vulnerability-service", service]
    try:
        done = subprocess.run(
            [*command, "--requirement", lock],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{service}, {lock}: no answer in {PATIENCE_SECONDS} s"
    try:
        document: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason was given"]
        return f"{service}, {lock}: {last[0][:200]}"
    return document


def audit(locks: Iterable[str]) -> Findings:
    findings = Findings()
    for lock in locks:
        for service in SERVICES:
            found = ask(lock, service)
            if isinstance(found, str):
                findings.why_not.append(found)
                continue
            findings.add(found)
            if not findings.unanswered:
                break
    if findings.asked and not findings.unanswered:
        findings.why_not.clear()
    return findings


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locks", nargs="*", default=LOCKS)
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args(arguments)
    findings = audit(options.locks)
    for line in findings.lines():
        print(line)
    return findings.code(strict=options.strict)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
