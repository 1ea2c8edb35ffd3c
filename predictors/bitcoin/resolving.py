"""Predictions meet the second that they were about."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from predictions.answered import Answered, answers_about
from predictors.bitcoin.decoding import naive_guesses, subject_of
from predictors.bitcoin.ml.schema import SECOND_COLUMNS, WINDOW
from predictors.bitcoin.ml.targets import FORECASTS, NEXT_CLOSE, NEXT_HIGH
from predictors.bitcoin.models import Forecast, Second, as_array
from predictors.bitcoin.windows import Window

PREDICTOR = "bitcoin"
LONGEST_GAP = timedelta(minutes=15)
"""Without a trade. After more, seconds were not recorded, and nobody knows which was the next."""
AT_ONCE = 1_000
"""Seconds whose windows are looked for together."""
_COLUMN = {NEXT_CLOSE: "price_close", NEXT_HIGH: "price_high"}


def resolve(times: Sequence[datetime], *, recorded: Mapping[datetime, datetime]) -> int:
    """Of these seconds, in order: how many predictions were about them.

    Found by what was asked: the sixty seconds before, as they are stored. What is asked after its
    second was recorded is no forecast: `recorded` says when that was, of those that were not
    recorded just now. A window that was asked again since has no forecast then, though it may have
    been asked before, too: only the last time is looked at.
    """
    return sum(
        _resolve(times[start : start + AT_ONCE], recorded)
        for start in range(0, len(times), AT_ONCE)
    )


def _resolve(times: Sequence[datetime], recorded: Mapping[datetime, datetime]) -> int:
    asked: dict[bytes, tuple[datetime, str, Window, float]] = {}
    for time, window, following in _windows_before(times):
        for target in FORECASTS:
            actual = float(following[SECOND_COLUMNS.index(_COLUMN[target])])
            asked[subject_of(window, target)] = time, target, window, actual
    found = answers_about(predictor=PREDICTOR, subjects=list(asked))
    forecasts = [
        _forecast(answer, *asked[answer.subject])
        for answer in found
        if (told := recorded.get(asked[answer.subject][0])) is None or answer.at < told
    ]
    Forecast.objects.bulk_create(forecasts, ignore_conflicts=True)
    return len(forecasts)


def _windows_before(times: Sequence[datetime]) -> Iterator[tuple[datetime, Window, Window]]:
    """Of each of these seconds: its time, the window before it `(60, 6)`, itself `(6,)`."""
    wanted = set(times)
    before = Second.objects.filter(time__lt=times[0]).newest(WINDOW)
    since = Second.objects.filter(time__gte=times[0], time__lte=times[-1]).order_by("time")
    rows = [*before, *since.values_list("time", *SECOND_COLUMNS)]
    values = as_array(rows)
    for place in range(WINDOW, len(rows)):
        time = rows[place][0]
        if time in wanted and time - rows[place - 1][0] <= LONGEST_GAP:
            yield time, values[place - WINDOW : place], values[place]


def _forecast(
    answer: Answered, second: datetime, target: str, window: Window, actual: float
) -> Forecast:
    naive = naive_guesses(window, target)
    return Forecast(
        second=second,
        target=target,
        model_version_id=answer.model_version_id,
        prediction_id=answer.id,
        predicted_at=answer.at,
        prediction=answer.prediction,
        last_close=naive["last_close"],
        ewma=naive["ewma"],
        actual=actual,
    )
