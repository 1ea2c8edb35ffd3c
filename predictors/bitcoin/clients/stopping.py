"""A clean end when one is asked for."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; the second time they end the process as ever."""
    stop = threading.Event()
    former: dict[signal.Signals, Any] = {}

    def ask_to_stop(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, former[signal.Signals(number)])

    for which in (signal.SIGINT, signal.SIGTERM):
        former[which] = signal.signal(which, ask_to_stop)
    try:
        yield stop
    finally:
        for which, handler in former.items():
            signal.signal(which, handler)
