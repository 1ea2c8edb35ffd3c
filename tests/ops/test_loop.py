"""Functions that wait in turn on one thread, with real descriptors and another thread."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from ops.loop import Loop
from tests.predictions.ways import InLoop


@pytest.fixture
def way() -> InLoop:
    return InLoop()


@pytest.fixture
def loop(way: InLoop) -> Loop:
    return way.waiting


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_it_works(way: InLoop, loop: Loop) -> None:
    """Where one waits the others go on, and all is on one thread."""
    signal = loop.signal()
    order = []

    def wait(name: str) -> int:
        order.append(f"{name} begins")
        if name == "second":
            signal.set()
        assert signal.wait(10)
        order.append(f"{name} ends")
        return threading.get_ident()

    assert set(way.outcomes(wait, ["first", "second"])) == {threading.get_ident()}
    assert order == ["first begins", "second begins", "second ends", "first ends"]


def test_a_signal_that_does_not_come_is_waited_for_so_long(way: InLoop, loop: Loop) -> None:
    def wait(seconds: float) -> float:
        started = time.monotonic()
        assert not loop.signal().wait(seconds)
        return time.monotonic() - started

    short, long = way.outcomes(wait, [0.1, 0.6])
    assert 0.1 <= short < long
    assert long >= 0.6


def test_a_signal_that_comes_too_late_wakes_nobody(way: InLoop, loop: Loop) -> None:
    late, other = loop.signal(), loop.signal()

    def wait(_: int) -> tuple[bool, bool]:
        first = late.wait(0.01)
        late.set()
        return first, other.wait(0.3)

    assert way.outcomes(wait, [0]) == [(False, False)]


def test_it_wakes_who_waits_for_a_descriptor(
    way: InLoop, loop: Loop, pipe: tuple[int, int]
) -> None:
    readable, writable = pipe

    def wait(descriptor: int) -> bool:
        if descriptor == readable:
            return loop.until_ready(readable, seconds=10)
        assert loop.until_ready(writable, seconds=10, may_write=True)
        os.write(writable, b"x")
        return True

    assert way.outcomes(wait, [readable, writable]) == [True, True]
    os.read(readable, 1)
    assert way.outcomes(lambda _: loop.until_ready(readable, seconds=0.01), [0]) == [False]


def test_a_call_that_holds_its_thread_does_not_hold_the_loop(way: InLoop, loop: Loop) -> None:
    may_end = threading.Event()

    def run(name: str) -> object:
        if name == "call":
            return loop.for_call(lambda: may_end.wait(10) and threading.get_ident())
        may_end.set()
        return None

    there, _ = way.outcomes(run, ["call", "other"])
    assert there not in (False, threading.get_ident())


def test_what_a_call_raises_is_raised_where_it_was_called(way: InLoop, loop: Loop) -> None:
    (outcome,) = way.outcomes(lambda _: loop.for_call(lambda: 1 / 0), [0])
    assert isinstance(outcome, ZeroDivisionError)


def test_it_knows_whom_it_started(way: InLoop, loop: Loop) -> None:
    assert way.outcomes(lambda _: loop.is_inside(), [0]) == [True]
    assert not loop.is_inside()
