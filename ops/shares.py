"""How many connections each process of one gunicorn has: memory that they all share."""

import mmap

GONE = 2**31 - 1
SLOTS = 256


class Shares:
    """Made before the processes are forked. A slot is one process's, who alone writes it.

    Read without locks: a number that is a moment old only moves one connection elsewhere.
    """

    def __init__(self) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * SLOTS)).cast("i")
        for slot in range(SLOTS):
            self._counts[slot] = GONE

    def has(self, process: int, connections: int) -> None:
        self._counts[process % SLOTS] = connections

    def left(self, process: int) -> None:
        self._counts[process % SLOTS] = GONE

    def fewest(self) -> int:
        """Connections of the process that has fewest; GONE when there is none."""
        return min(self._counts)
