"""Questions with something else in them than the facts of a home."""

import gzip
import json
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

from benchmarks.hostile.payloads import Bait, numbers, texts
from benchmarks.hostile.wire import JSON, Attack, request

PREDICT, MINIMAL, BULK = "/api/predict/", "/api/predict/minimal/", "/api/predict/bulk/"
BITCOIN, OUTCOMES, SECONDS = "/api/bitcoin/predict/", "/api/outcomes/", "/api/bitcoin/seconds/"
TAUGHT = "/api/bitcoin/train/"
LISTS = (BULK, OUTCOMES, SECONDS)
ALL = (PREDICT, MINIMAL, BITCOIN, *LISTS, TAUGHT, "/predict")
MIB = 1024 * 1024


def question_attacks(bait: Bait, home: dict[str, Any]) -> Iterator[Attack]:
    yield from _in_each_field(bait, home)
    yield from _as_names(bait, home)
    yield from _elsewhere(bait)
    for path in ALL:
        for category, name, body in shapes(json.dumps(home)):
            if len(body) > MIB and path not in (PREDICT, BULK):
                continue
            yield Attack(category, f"{path} {name}", request("POST", path, body))
        for name, headers, body in _codings(json.dumps(home).encode()):
            yield Attack("compressed", f"{path} {name}", request("POST", path, body, headers))


def _in_each_field(bait: Bait, home: dict[str, Any]) -> Iterator[Attack]:
    for field in home:
        for category, found in texts(bait).items():
            for text in found:
                if len(text) > 5000 and field != "zipcode":
                    continue
                body = _dumped({**home, field: text})
                yield Attack(category, f"{field}: {text[:60]!r}", request("POST", PREDICT, body))
        for number in numbers():
            body = _replaced(home, field, number)
            yield Attack("numbers", f"{field}: {number[:40]}", request("POST", PREDICT, body))


def _as_names(bait: Bait, home: dict[str, Any]) -> Iterator[Attack]:
    for category, found in texts(bait).items():
        for text in found:
            body = _dumped({**home, text: 1})
            yield Attack(category, f"a name: {text[:60]!r}", request("POST", PREDICT, body))
    for name in ("__class__", "__proto__", "constructor", "pk", "id", "__init__", "password"):
        for value in ("x", {"polluted": True}, 1):
            body = _dumped({**home, name: value})
            yield Attack("commands", f"a name: {name}", request("POST", MINIMAL, body))


def _elsewhere(bait: Bait) -> Iterator[Attack]:
    """In what is no home: outcomes, seconds, reasons, policies."""
    for category, found in texts(bait).items():
        for text in found:
            outcome = {"id": text, "actual": 1, "date": text, "parcel": text}
            yield Attack(
                category, f"outcome {text[:60]!r}", request("POST", OUTCOMES, _dumped(outcome))
            )
            body = _dumped([{"second": text, "close": text}])
            yield Attack(category, f"second {text[:60]!r}", request("POST", SECONDS, body))
            body = _dumped({"reason": text})
            path = "/api/models/homes/1/activate/"
            yield Attack(category, f"reason {text[:60]!r}", request("POST", path, body))
            body = text.encode("utf-8", "surrogatepass")
            headers = {"Content-Type": "text/csv"}
            yield Attack(
                category, f"as CSV {text[:60]!r}", request("POST", OUTCOMES, body, headers)
            )
            yield Attack(category, f"as JSON {text[:60]!r}", request("POST", PREDICT, body))


def shapes(home: str) -> Iterator[tuple[str, str, bytes]]:
    """Category, name, body: JSON that is deep, large, doubled, or not quite JSON."""
    for depth in (33, 100, 990, 1_100, 10_000, 32_000):
        yield "deep", f"{depth} lists", b"[" * depth + b"]" * depth
        yield "deep", f"{depth} objects", b'{"a":' * depth + b"1" + b"}" * depth
        yield "deep", f"{depth} in a fact", home.replace("5043", "[" * depth + "]" * depth).encode()
        yield "deep", f"{depth} lists not closed", b"[" * depth
        yield "deep", f"{depth} objects not closed", b'{"a":' * depth
        yield "deep", f"{depth} closed only", b"]" * depth
    for size in (65_536, 65_537, 5 * MIB):
        yield "oversized", f"{size} spaces", b" " * size
        yield "oversized", f"{size} of a text", b'"' + b"x" * (size - 2) + b'"'
        yield "oversized", f"{size} of a number", b"9" * size
    yield "oversized", "20,000 names", _dumped({f"n{number}": 0 for number in range(6_000)})
    yield "oversized", "30,000 nulls", b"[" + b"null," * 12_000 + b"null]"
    yield "oversized", "30,000 empty lists", b"[" + b"[]," * 20_000 + b"[]]"
    for name, body in _broken(home):
        yield "unicode", name, body


def _broken(home: str) -> Iterator[tuple[str, bytes]]:
    text = home.encode()
    for code in ("utf-16", "utf-16-le", "utf-32", "utf-7", "cp037", "shift_jis"):
        yield code, home.encode(code)
    for name, piece in {
        "overlong slash": b"\xc0\xaf",
        "overlong NUL": b"\xc0\x80",
        "overlong of three": b"\xe0\x80\xaf",
        "surrogate": b"\xed\xa0\x80",
        "beyond Unicode": b"\xf4\x90\x80\x80",
        "five bytes": b"\xf8\x88\x80\x80\x80",
        "half a character": b"\xe2\x82",
        "lonely continuation": b"\x80",
        "FF": b"\xff\xfe\xff",
        "NUL": b"\x00",
        "escaped NUL": b"\\u0000",
        "escaped surrogate": b"\\ud800",
        "surrogates reversed": b"\\udc00\\ud800",
        "escape of nothing": b"\\u12",
        "wrong escape": b"\\x41",
        "newline": b"\n",
    }.items():
        yield f"{name} in a text", text.replace(b"98118", b"981" + piece)
        yield f"{name} in a name", text.replace(b"bedrooms", b"bed" + piece)
        yield f"{name} alone", piece
        yield f"{name} behind", text + piece
    yield "byte order mark", b"\xef\xbb\xbf" + text
    yield "a name twice", text[:-1] + b', "bedrooms": 5}'
    yield "a name twice, escaped", text[:-1] + b', "bedroom\\u0073": 5}'
    yield "a name in capitals too", text[:-1] + b', "Bedrooms": 5}'
    yield "two values", text + text
    yield "a comment", b"/* */" + text
    yield "a comma too many", text[:-1] + b",}"
    yield "single quotes", text.replace(b'"', b"'")
    for body in (
        b"",
        b"null",
        b"true",
        b"0",
        b'""',
        b"[]",
        b"{}",
        b"[[]]",
        b"[null]",
        b"[{}]",
        b"\x00",
    ):
        yield f"{body!r}", body
    for cut in range(1, len(text), 12):
        yield f"cut after {cut}", text[:cut]


def _codings(text: bytes) -> Iterator[tuple[str, dict[str, str], bytes]]:
    """Compressed bodies: some kB that are 50 MB for who unpacks them."""
    bomb = _bomb()
    coded = {
        "gzip": gzip.compress(text),
        "x-gzip": gzip.compress(text),
        "deflate": zlib.compress(text),
        "br": b"\x0b\x02\x80\x03",
        "zstd": b"\x28\xb5\x2f\xfd\x00\x58\x00\x00",
        "identity, gzip": gzip.compress(text),
        "gzip, gzip": gzip.compress(gzip.compress(text)),
    }
    for coding, body in coded.items():
        yield coding, {"Content-Encoding": coding}, body
    yield "gzip bomb", {"Content-Encoding": "gzip"}, bomb[:65_000]
    yield "gzip bomb, unannounced", {}, bomb[:65_000]
    yield "gzip bomb as a transfer coding", {"Transfer-Encoding": "gzip"}, bomb[:65_000]
    yield "gzip, not said", {}, gzip.compress(text)
    for kind in (
        "text/html",
        "application/xml",
        "multipart/form-data",
        "application/x-yaml",
        "a/b;c",
    ):
        yield f"as {kind}", {"Content-Type": kind}, text
    for charset in ("utf-7", "utf-16", "idna", "rot13", "zlib", "\\x00", "a" * 500):
        yield f"charset {charset[:20]}", {"Content-Type": f"{JSON}; charset={charset}"}, text


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(50 * MIB), 9)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _replaced(home: dict[str, Any], field: str, number: str) -> bytes:
    return _dumped({**home, field: "@@"}).replace(b'"@@"', number.encode())
