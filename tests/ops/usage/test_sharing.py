"""Many ask for the same deed at once."""

import threading
from collections.abc import Callable

import pytest

from ops.usage.sharing import Shared
from tests.live import wait_until


class Deed:
    """Goes on until it is let go."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = threading.Semaphore(0)

    def __call__(self) -> None:
        self.begun += 1
        assert self.go_on.acquire(timeout=30)


def apart(ask: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_it_works() -> None:
    """Who asks while it is done waits for the next, and all who do share that."""
    deed = Deed()
    shared = Shared(deed)
    first = apart(shared.ask)
    wait_until(lambda: deed.begun == 1)
    later = [apart(shared.ask) for _ in range(5)]
    wait_until(lambda: shared.waiting == 5)
    deed.go_on.release()
    first.join()
    wait_until(lambda: deed.begun == 2)
    assert all(one.is_alive() for one in later)
    deed.go_on.release()
    for one in later:
        one.join()
    assert deed.begun == 2


def test_one_after_the_other_it_is_done_each_time() -> None:
    done: list[int] = []
    shared = Shared(lambda: done.append(1))
    shared.ask()
    shared.ask()
    assert len(done) == 2


def test_after_a_failure_it_is_done_again() -> None:
    done: list[int] = []

    def deed() -> None:
        done.append(1)
        raise OSError("the disk")

    shared = Shared(deed)
    for _ in range(2):
        with pytest.raises(OSError, match="the disk"):
            shared.ask()
    assert len(done) == 2
