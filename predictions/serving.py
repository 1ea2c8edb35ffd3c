"""What a web process does besides answering: it hears of changes, and it writes the log."""

import logging
from collections.abc import Callable, Sequence

from modelregistry import runtime
from modelregistry.changes import Listener
from predictions import catalog, recording

logger = logging.getLogger(__name__)

_listener: Listener | None = None
_looks: tuple[Callable[[], None], ...] = ()


def start(loop: recording.Loop | None = None, looks: Sequence[Callable[[], None]] = ()) -> None:
    """Once in each process, after it was forked. What is active is loaded when this returns.

    `looks`: what else is to be looked at every few seconds.
    """
    global _listener, _looks
    runtime.serve()
    recording.start_writing(loop)
    _looks = tuple(looks)
    _listener = Listener(_look)
    _listener.start()


def stop() -> None:
    """Before the process ends."""
    if _listener is not None:
        _listener.stop()
    runtime.leave()


def _look(told: bool) -> None:
    for predictor in catalog.all_predictors():
        for reference in predictor.references:
            reference.refresh()
    runtime.refresh(told=told)
    for look in _looks:
        try:
            look()
        except Exception:  # what answers has been taken over, and will be again
            logger.exception("%s", look.__module__)
