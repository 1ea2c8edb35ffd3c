"""More than 300 requests that are none: each refused in the one form, and every fault named.

They are drawn, with a seed, from a request that is answered.
"""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from predictions.models import Prediction
from predictors.bitcoin.ml.schema import RAW_FEATURES, SECOND_COLUMNS

from .conftest import as_array

Body = Any
Expected = set[str]
Cases = Iterator[tuple[Body, Expected]]

ENVELOPE = "bitcoin_last_minute"
PATH = "/api/bitcoin/predict/"
SEED = 60
LAGS = range(1, 60)
PRICES = [name for name in RAW_FEATURES if name.startswith("price")]
NO_NUMBERS: list[Any] = [None, True, False, "7170.6", "", "NaN", [], [1], {}, {"value": 1}]
NO_SECONDS: list[Any] = [None, 7, "x", True, [], [1, 2, 3, 4, 5, 6]]
NO_TARGETS: list[Any] = [
    "next_low",
    "",
    "NEXT_CLOSE",
    None,
    0,
    True,
    [],
    ["next_close"],
    {},
    "\x00",
]
NOT_FINITE = [float("nan"), float("inf"), -float("inf")]
NO_PRICES = [0, -1, -0.0, -7170.6, 1e-300, 1e300, 10**30, -(10**30)]


@pytest.fixture
def flat(request_json: dict[str, Any]) -> dict[str, Any]:
    return dict(request_json[ENVELOPE])


@pytest.fixture
def seconds(request_json: dict[str, Any]) -> list[dict[str, Any]]:
    return list(as_array(request_json)[ENVELOPE])


class Refused:
    def __init__(self, api: Client) -> None:
        self._api = api
        self.count = 0

    def __call__(
        self, content: bytes, status: int, kind: str = "application/json", query: str = ""
    ) -> Expected:
        """The names of what is wrong."""
        self.count += 1
        shown = content[:200]
        response = self._api.post(PATH + query, content, kind, CONTENT_TYPE=kind)
        assert response.status_code == status, (shown, response.content[:500])
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert {"type", "title", "status", "detail", "code", "request_id"} <= problem.keys()
        assert problem["status"] == status
        assert ("id" in problem) == (status == 422), shown
        if status != 422:
            return set()
        row = Prediction.objects.get(pk=problem["id"])
        assert (row.status, row.prediction, row.response) == (422, None, None)
        faults = problem.get("errors", [])
        if "\\u0000" not in response.content.decode():  # which PostgreSQL does not keep
            assert row.error.get("errors", []) == faults
        assert all(one["detail"] and one["accepted"] for one in faults)
        return {one["field"] for one in faults}

    def names(self, cases: Cases) -> None:
        """Each is refused for just what is expected."""
        for body, expected in cases:
            found = self(json.dumps(body).encode(), 422)
            assert found == expected, (found ^ expected, str(body)[:200])


@pytest.fixture
def refused(api: Client) -> Refused:
    return Refused(api)


def changed(flat: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {ENVELOPE: flat | values}


def without(flat: dict[str, Any], *names: str) -> dict[str, Any]:
    return {ENVELOPE: {name: value for name, value in flat.items() if name not in names}}


def test_it_works(refused: Refused, flat: dict[str, Any]) -> None:
    """Several at once, of every kind."""
    body = without(flat, "price_open", "volume_traded_-59")
    body[ENVELOPE] |= {"price_low_-3": 0, "trades_count_-7": 1.5, "price_close": None, "colour": 1}
    body["target"] = "next_low"
    named = {"price_open", "volume_traded_-59", "price_low_-3", "trades_count_-7", "price_close"}
    refused.names(iter([(body, named | {"colour", "target"})]))


def flat_cases(flat: dict[str, Any], draw: Random) -> Cases:
    for count in (1, 1, 2, 3, 10, 100, 358):
        gone = draw.sample(RAW_FEATURES, count)
        yield without(flat, *gone), set(gone)
    for lag in (1, 30, 59):
        gone = [name for name in flat if name.endswith(f"_-{lag}")]
        yield without(flat, *gone), set(gone)
    more = [f"{name}_-60" for name in SECOND_COLUMNS]
    yield changed(flat, **dict.fromkeys(more, 1)), set(more)
    for name in (
        "price_opne",
        "PRICE_OPEN",
        "price_open_-0",
        "price_open_1",
        "",
        " price_open",
        "é",
    ):
        yield changed(flat, **{name: 1.0}), {name}
    for value in [*NO_NUMBERS, *NOT_FINITE]:
        for name in draw.sample(RAW_FEATURES, 5):
            yield changed(flat, **{name: value}), {name}
        yield changed(flat, price_high=value), {"price_high"}
    for value in NO_PRICES:
        for name in draw.sample(PRICES, 3):
            yield changed(flat, **{name: value}), {name}
    for lag in draw.sample(LAGS, 8):
        yield changed(flat, **{f"volume_traded_-{lag}": -0.1}), {f"volume_traded_-{lag}"}
        for trades in (1.5, -1, 1e30):
            yield changed(flat, **{f"trades_count_-{lag}": trades}), {f"trades_count_-{lag}"}
        low = flat[f"price_high_-{lag}"] + 0.1
        yield changed(flat, **{f"price_low_-{lag}": low}), {f"price_low_-{lag}"}
    yield changed(flat, price_high=flat["price_low"] - 1), {"price_low"}


def test_of_the_flat_form_every_fault_is_named(refused: Refused, flat: dict[str, Any]) -> None:
    refused.names(flat_cases(flat, Random(SEED)))
    assert refused.count >= 160


def array_cases(seconds: list[dict[str, Any]], draw: Random) -> Cases:
    for wrong in (seconds[1:], seconds[2:], [*seconds, seconds[-1]], [], seconds[:1], seconds * 2):
        yield {ENVELOPE: wrong}, {ENVELOPE}
        yield wrong, {ENVELOPE}
    for value in NO_SECONDS:
        place = draw.randrange(60)
        yield {ENVELOPE: put(seconds, place, value)}, {f"{ENVELOPE}[{place}]"}
    for column in SECOND_COLUMNS:
        for value in (*draw.sample(NO_NUMBERS, 3), *NOT_FINITE, -1):
            place = draw.randrange(60)
            second = seconds[place] | {column: value}
            yield {ENVELOPE: put(seconds, place, second)}, {f"{ENVELOPE}[{place}].{column}"}
        place = draw.randrange(59)
        second = {name: one for name, one in seconds[place].items() if name != column}
        yield {ENVELOPE: put(seconds, place, second)}, {f"{ENVELOPE}[{place}].{column}"}
        for name in (f"{column}_-1", column.upper()):
            second = seconds[place] | {name: 1}
            yield {ENVELOPE: put(seconds, place, second)}, {f"{ENVELOPE}[{place}].{name}"}
    for place in draw.sample(range(60), 5):
        low = max(seconds[place].get("price_high", 0), seconds[place]["price_close"]) + 1
        second = {"price_high": low - 0.5} | seconds[place] | {"price_low": low}
        yield {ENVELOPE: put(seconds, place, second)}, {f"{ENVELOPE}[{place}].price_low"}


def put(seconds: list[dict[str, Any]], place: int, second: Any) -> list[Any]:
    return [*seconds[:place], second, *seconds[place + 1 :]]


def test_of_the_array_every_fault_is_named(refused: Refused, seconds: list[dict[str, Any]]) -> None:
    refused.names(array_cases(seconds, Random(SEED)))
    assert refused.count >= 80


def envelope_cases(flat: dict[str, Any], seconds: list[dict[str, Any]]) -> Cases:
    for value in (None, 0, 7170.6, "", "x" * 1000, True):
        yield {ENVELOPE: value}, {ENVELOPE}
    everything = set(RAW_FEATURES)
    yield {}, everything
    yield {ENVELOPE: {}}, everything
    yield {ENVELOPE: {ENVELOPE: flat}}, everything | {ENVELOPE}
    yield {"bitcoin_last_hour": flat}, everything | {"bitcoin_last_hour"}
    yield {ENVELOPE: flat, "colour": 1}, {"colour"}
    yield {ENVELOPE: flat, **flat}, everything
    yield {ENVELOPE: flat, "seconds": seconds}, {"seconds"}
    for target in NO_TARGETS:
        yield {ENVELOPE: flat, "target": target}, {"target"}


def test_of_the_envelope_and_the_target_every_fault_is_named(
    refused: Refused, flat: dict[str, Any], seconds: list[dict[str, Any]]
) -> None:
    refused.names(envelope_cases(flat, seconds))
    body = json.dumps({ENVELOPE: flat, "target": "next_close"}).encode()
    for query in ("?target=next_high", "?target=", "?target=%00"):
        assert refused(body, 422, query=query) == {"target"}
    bare = json.dumps({ENVELOPE: flat}).encode()
    assert refused(bare, 422, query="?target=next_high&target=next_close") == {"target"}
    assert refused(bare, 422, query="?Target=next_high&targets=x") == {"?Target", "?targets"}
    for value in (b'"text"', b"7", b"null", b"true", b"1e5"):
        refused(value, 422)
    assert refused.count >= 30


def test_a_number_that_json_or_the_machine_lacks_is_named(
    refused: Refused, flat: dict[str, Any]
) -> None:
    draw = Random(SEED)
    for token in (b"1e400", b"-1e400", b"1" * 400, b"NaN", b"Infinity", b"-Infinity"):
        for name in draw.sample(RAW_FEATURES, 3):
            content = json.dumps({ENVELOPE: flat | {name: "@"}}).encode().replace(b'"@"', token)
            assert refused(content, 422) == {name}, token


def test_a_name_that_occurs_twice_is_refused(
    refused: Refused, flat: dict[str, Any], seconds: list[dict[str, Any]]
) -> None:
    draw = Random(SEED)
    for name in draw.sample(RAW_FEATURES, 10):
        twice = json.dumps(flat)[:-1] + f', "{name}": {flat[name]}}}'
        refused(twice.encode(), 400)
        refused(f'{{"{ENVELOPE}": {twice}}}'.encode(), 400)
    once = json.dumps(seconds[9])
    for column in SECOND_COLUMNS:
        twice = json.dumps(seconds).replace(once, once[:-1] + f', "{column}": 1}}')
        refused(twice.encode(), 400)
    whole = json.dumps({ENVELOPE: flat})
    refused(f'{whole[:-1]}, "{ENVELOPE}": 1}}'.encode(), 400)


def test_what_cannot_be_read_is_no_request(refused: Refused, flat: dict[str, Any]) -> None:
    text = json.dumps({ENVELOPE: flat})
    draw = Random(SEED)
    contents: list[bytes] = [text[: draw.randrange(1, len(text))].encode() for _ in range(20)]
    contents += [draw.randbytes(size) for size in (1, 10, 100, 1000)]
    contents += [text.encode("utf-16"), text.encode("utf-32"), b"\xef\xbb\xbf" + text.encode()]
    contents += [text.replace(old, new, 1).encode() for old, new in ODD]
    contents += [b"[" * 5_000, b'{"a":' * 5_000, b"[" * 40 + b"]" * 40, (text + text).encode()]
    contents += [b'{"price_open":"\\udead"}', b'{"\\ud83c":1}', b"\x00", b"{}{}", b"// {}"]
    for content in contents:
        refused(content, 400)
    assert refused.count >= 40


ODD = [
    (":", "="),
    (",", ";"),
    ('"', "'"),
    ("{", "("),
    (": 4", ": 0x4"),
    (": 4", ": 04"),
    ("}", ",}"),
]


def test_what_is_too_large_or_no_json_by_its_own_word_is_refused(
    refused: Refused, flat: dict[str, Any]
) -> None:
    body = json.dumps({ENVELOPE: flat}).encode()
    for size in (1, 10_000, 1_000_000):
        refused(body + b" " * (settings.MAX_BODY_BYTES - len(body) + size), 413)
    for kind in ("text/plain", "text/csv", "application/xml", "multipart/form-data", "json"):
        refused(body, 415, kind)
