"""Telling each second as it comes, asking for the next one, and keeping count of the errors."""

import math
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

from predictors.bitcoin.clients.seconds import TradedSecond
from predictors.bitcoin.clients.service import Answer, Service
from predictors.bitcoin.ml.examples import LONGEST_GAP
from predictors.bitcoin.ml.schema import WINDOW

LONGEST = timedelta(seconds=LONGEST_GAP)
"""Without a trade. After more, what comes does not follow what was: sixty new ones are needed."""

Print = Callable[[str], None]


class Errors:
    """Of one kind of guess, in USD: sums, for a stream may go on for weeks."""

    def __init__(self) -> None:
        self._n = 0
        self._sum = self._absolute = self._squared = 0.0

    def add(self, off: float) -> None:
        self._n += 1
        self._sum += off
        self._absolute += abs(off)
        self._squared += off * off

    def __str__(self) -> str:
        """RMSE, MAE and bias (guess - actual); n at least 1."""
        rmse, mae = math.sqrt(self._squared / self._n), self._absolute / self._n
        return f"{rmse:12.6f}{mae:12.6f}{self._sum / self._n:12.6f}"


class Score:
    """What the predictions were worth beside the naive guesses, over the same seconds."""

    def __init__(self) -> None:
        self.counted = 0
        self.uncounted = 0
        """Predictions that the service did not take for forecasts of what came."""
        self._model, self._last_close, self._ewma = Errors(), Errors(), Errors()
        self._versions: set[int] = set()

    def add(self, answer: Answer, actual: float) -> None:
        self.counted += 1
        self._model.add(answer.prediction - actual)
        self._last_close.add(answer.last_close - actual)
        self._ewma.add(answer.ewma - actual)
        self._versions.add(answer.version)

    def __str__(self) -> str:
        first = f"{self.counted:,} predictions met the second that they were about"
        if self.uncounted:
            first += f"; {self.uncounted:,} did not: the second was known before, or came too late"
        if not self.counted:
            return first
        return "\n".join(
            (
                first,
                f"{'USD':24}{'RMSE':>12}{'MAE':>12}{'bias':>12}",
                f"{self._of_versions():24}{self._model}",
                f"{'last close':24}{self._last_close}",
                f"{'EWMA(0.2)':24}{self._ewma}",
            )
        )

    def _of_versions(self) -> str:
        first, last = min(self._versions), max(self._versions)
        return f"version {first}" if first == last else f"versions {first} to {last}"


class Conversation:
    """With one service: the next second that is told is the truth of what was asked before."""

    def __init__(self, service: Service, show: Print) -> None:
        self.score = Score()
        self._service = service
        self._show = show
        self._window: deque[TradedSecond] = deque(maxlen=WINDOW)
        self._asked: Answer | None = None

    def tell(self, seconds: Sequence[TradedSecond]) -> None:
        """In order of time, and later than all before. Raises ServiceRefused, ServiceAway."""
        told = self._service.tell(seconds)
        answer, self._asked = self._asked, None
        for second in seconds:
            if self._window and second.time - self._window[-1].time > LONGEST:
                self._window.clear()
            self._window.append(second)
        if answer is None:
            return
        # If the answer to the first attempt was lost, so was its number: it is known then.
        counted = told.resolved > 0 or (told.repeated and not told.added)
        if counted:
            self.score.add(answer, seconds[0].price_close)
        else:
            self.score.uncounted += 1
        self._show(_line(answer, seconds[0], counted=counted))

    def ask(self) -> None:
        """For the next second, once there are sixty. Raises ServiceRefused, ServiceAway."""
        if len(self._window) == WINDOW:
            self._asked = self._service.ask(self._window)


def _line(answer: Answer, second: TradedSecond, *, counted: bool) -> str:
    actual = second.price_close
    off, naive = answer.prediction - actual, answer.last_close - actual
    return (
        f"{second.time:%Y-%m-%d %H:%M:%S}Z  predicted {answer.prediction:,.2f}  came {actual:,.2f}"
        f"  error {off:+.2f} (last close {naive:+.2f})  version {answer.version}"
        + ("" if counted else "  not counted")
    )
