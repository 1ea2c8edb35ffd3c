"""What an evaluation is asked for, and what it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class UnknownPart(ValueError):
    """A part of an evaluation that there is not; the message names those that there are."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The version that is evaluated, or the one it is compared with."""

    label: str
    """`homes 3 (champion)`."""
    recipe: str
    digest: str
    trained_on: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluation:
    figures: Mapping[str, Any]
    """What is kept with the version: JSON, no figure of single rows."""
    lines: Sequence[str]
    """The same figures for people, to be printed."""
    documents: Mapping[str, bytes]
    """Name of a file -> its content."""
