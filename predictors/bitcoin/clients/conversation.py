"""Telling each second as it comes, asking for the next one, and keeping count of the errors."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np

from predictors.bitcoin.clients.seconds import TradedSecond
from predictors.bitcoin.clients.service import Answer, Service
from predictors.bitcoin.ml.accuracy import errors
from predictors.bitcoin.ml.examples import LONGEST_GAP
from predictors.bitcoin.ml.schema import WINDOW

LONGEST = timedelta(seconds=LONGEST_GAP)
"""Without a trade. After more, what comes does not follow what was: sixty new ones are needed."""

Print = Callable[[str], None]


class Score:
    """What the predictions were worth beside the naive guesses, over the same seconds."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float, float]] = []
        self._versions: set[int] = set()
        self.uncounted = 0
        """Predictions that the service did not take for forecasts of what came."""

    def add(self, answer: Answer, actual: float) -> None:
        self._rows.append((answer.prediction, answer.last_close, answer.ewma, actual))
        self._versions.add(answer.version)

    def __str__(self) -> str:
        lines = [f"{len(self._rows):,} predictions met the second that they were about"]
        if self.uncounted:
            lines[0] += (
                f"; {self.uncounted:,} did not: the second was known before, or came too late"
            )
        if not self._rows:
            return lines[0]
        *guesses, actual = np.array(self._rows).T
        numbers = ", ".join(map(str, sorted(self._versions)))
        lines.append(f"{'USD':24}{'RMSE':>12}{'MAE':>12}{'bias':>12}")
        names = (f"version {numbers}", "last close", "EWMA(0.2)")
        for name, guess in zip(names, guesses, strict=True):
            found = errors(actual, guess)
            lines.append(f"{name:24}{found['rmse']:12.6f}{found['mae']:12.6f}{found['bias']:12.6f}")
        return "\n".join(lines)


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
        # If the answer to the first attempt was lost, so was its number.
        counted = told.resolved > 0 or told.repeated
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
