"""What a web process does besides answering: it hears of changes, and it writes the log."""

from modelregistry import runtime
from modelregistry.changes import Listener
from predictions import catalog, recording

_listener: Listener | None = None


def start(loop: recording.Loop | None = None) -> None:
    """Once in each process, after it was forked. What is active is loaded when this returns."""
    global _listener
    runtime.serve()
    recording.start_writing(loop)
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
