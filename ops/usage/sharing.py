"""One does what many ask for at the same time."""

import threading
from collections.abc import Callable


class Shared:
    """`deed` is done by one thread at a time, for all who asked before it began."""

    def __init__(self, deed: Callable[[], None]) -> None:
        self._deed = deed
        self._changed = threading.Condition()
        self._begun = 0
        self._ended = 0
        self.waiting = 0
        """threads, for the one that is being done to end"""

    def ask(self) -> None:
        """Returns when it was done, from beginning to end, after this was called."""
        with self._changed:
            # What is being done now may have passed what this one needs: the next is for it.
            wanted = self._begun + 1
            self.waiting += 1
            self._changed.wait_for(lambda: self._ended >= wanted or self._begun == self._ended)
            self.waiting -= 1
            if self._ended >= wanted:
                return
            self._begun += 1
        try:
            self._deed()
        finally:
            with self._changed:
                self._ended = self._begun
                self._changed.notify_all()
