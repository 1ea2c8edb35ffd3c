"""What is sent: outcomes as JSON or CSV, and what accuracy is asked for. All faults at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast, get_args

from django.conf import settings
from django.http import HttpRequest, QueryDict

from learning.fields import Fault
from predictions import catalog
from predictions.contract import DataKind
from predictions.errors import InvalidInput, MalformedRequest
from predictions.outcomes.accuracy import On, Wanted, ways
from predictions.outcomes.cells import read_day, read_id, read_parcel
from predictions.outcomes.matching import DEFAULT_WINDOW, EVER
from predictions.outcomes.services import MOST_AT_ONCE, Reported
from predictions.parsing import decode, read_body

JSON, CSV = "application/json", "text/csv"
WINDOW = re.compile(r"([0-9]{1,5})d", re.ASCII)
MEMBERS = ("id", "actual", "date", "parcel")


@dataclass(frozen=True, slots=True)
class Sent:
    """One of a list, or why it is none."""

    said: Reported | None
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class SentFile:
    text: str
    predictor: str
    window: timedelta


def read_outcomes(request: HttpRequest) -> Reported | list[Sent] | SentFile:
    """One outcome, a list, or a CSV. Raises MalformedRequest, InvalidInput."""
    body = read_body(request, accepted=(JSON, CSV), limit=settings.MAX_OUTCOMES_BYTES)
    if request.content_type == CSV:
        return _file(body, request.GET)
    payload = decode(body).payload
    if isinstance(payload, list):
        if not 1 <= len(payload) <= MOST_AT_ONCE:
            detail = f"{len(payload):,} outcomes"
            raise InvalidInput([Fault("body", detail, f"1 to {MOST_AT_ONCE:,} in a list")])
        return [_one(item) for item in payload]
    sent = _one(payload)
    if sent.said is None:
        raise InvalidInput(sent.faults)
    return sent.said


def _file(body: bytes, query: QueryDict) -> SentFile:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"not UTF-8 at byte {error.start}") from None
    faults: list[Fault] = []
    predictor = _predictor(query, faults)
    window = read_window(query.get("window", f"{DEFAULT_WINDOW.days}d"), "any", faults)
    faults += _unknown(query, ("predictor", "window"))
    if faults:
        raise InvalidInput(faults)
    return SentFile(text, predictor, EVER if window is None else window)


def _one(item: Any) -> Sent:
    if not isinstance(item, Mapping):
        return Sent(None, [Fault("body", "no object", '{"id": …, "actual": …, "date": …}')])
    faults = [
        Fault(str(name)[:100], "unknown field", f"only: {', '.join(MEMBERS)}")
        for name in item
        if name not in MEMBERS
    ]
    faults += [Fault(name, "missing", "it") for name in MEMBERS[:3] if name not in item]
    found = {
        "id": read_id(_text(item.get("id"))),
        "date": read_day(_text(item.get("date"))),
        "parcel": read_parcel(_text(item.get("parcel", ""))),
    }
    faults += [
        fault
        for name, fault in found.items()
        if isinstance(fault, Fault) and (name in item or name == "parcel")
    ]
    actual = item.get("actual")
    if isinstance(actual, bool) or not isinstance(actual, int | float):
        if "actual" in item:
            faults.append(Fault("actual", "not a number", "a number"))
    elif not faults:
        return Sent(Reported(found["id"], float(actual), found["date"], found["parcel"]))  # type: ignore[arg-type]
    return Sent(None, faults)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def read_wanted(query: QueryDict) -> Wanted:
    """`?predictor=homes&window=90d&by=version&on=recorded&version=3`. Raises InvalidInput."""
    faults: list[Fault] = []
    predictor = _predictor(query, faults)
    window = read_window(query.get("window", "90d"), "all", faults)
    by, on, number = query.get("by", "version"), query.get("on", "recorded"), query.get("version")
    data = query.get("data")
    accepted = ways(catalog.get(predictor)) if predictor else (by,)
    if by not in accepted:
        faults.append(Fault("by", f"{by[:40]!r} is none of them", " or ".join(accepted)))
    if on not in get_args(On):
        faults.append(Fault("on", f"{on[:40]!r} is none of them", " or ".join(get_args(On))))
    if data is not None and data not in get_args(DataKind):
        accepted_kinds = " or ".join(get_args(DataKind))
        faults.append(Fault("data", f"{data[:40]!r} is none of them", accepted_kinds))
    if number is not None and re.fullmatch("[0-9]{1,9}", number, re.ASCII) is None:
        faults.append(Fault("version", f"{number[:40]!r} is no number", "the number of a version"))
    faults += _unknown(query, ("predictor", "window", "by", "on", "version", "data"))
    if faults:
        raise InvalidInput(faults)
    version = None if number is None else int(number)
    return Wanted(
        predictor=predictor,
        window=window,
        on=cast(On, on),
        by=by,
        version=version,
        data=cast(DataKind | None, data),
    )


def read_window(text: str, unbounded: str, faults: list[Fault]) -> timedelta | None:
    """None: without bounds, or a fault was added."""
    if text == unbounded:
        return None
    found = WINDOW.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= 36_500:
        accepted = f"1d to 36500d, or {unbounded}"
        faults.append(Fault("window", f"{text[:40]!r} is no window", accepted))
        return None
    return timedelta(days=int(found[1]))


def _predictor(query: QueryDict, faults: list[Fault]) -> str:
    known = [predictor.name for predictor in catalog.all_predictors()]
    named = query.get("predictor", catalog.default().name)
    if named in known:
        return named
    faults.append(Fault("predictor", f"{named[:40]!r} is no predictor", " or ".join(known)))
    return ""


def _unknown(query: QueryDict, known: Sequence[str]) -> list[Fault]:
    accepted = f"only: {', '.join(known)}"
    return [Fault(name[:100], "unknown", accepted) for name in query if name not in known]
