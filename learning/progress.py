"""How far a long computation has come."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Takes what begins now, in a few words, and the share of the whole that is done, 0 to 1.

It may raise: whoever waits for the result no longer wants it.
"""


def silent(stage: str, share: float) -> None:
    """For whom nobody waits."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """For a part of the whole: its own 0 to 1 is the whole's `start` to `end`."""
    return lambda stage, share: progress(stage, start + (end - start) * share)
