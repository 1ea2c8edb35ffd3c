"""Files for batches: bombs, formulas, and what only looks like a list of homes."""

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

from benchmarks.hostile.payloads import Bait, texts
from benchmarks.hostile.wire import Attack, request

BATCHES = "/api/batches/"
LINES = "application/x-ndjson"
BOUNDARY = "hostile"
MIB = 1024 * 1024


def file_attacks(bait: Bait, home: dict[str, Any]) -> Iterator[Attack]:
    for category, name, kind, content in _files(bait, home):
        headers = {"Content-Type": kind}
        yield Attack(category, f"{kind} {name}", request("POST", BATCHES, content, headers))
        whole = form("file", f"{name[:20]}.csv", content)
        yield Attack(category, f"form with {name}", _posted(whole))
    for category, name, content in _forms(bait):
        yield Attack(category, name, _posted(content))
    for coding in ("gzip", "deflate", "br", "zstd", "identity, gzip"):
        headers = {"Content-Type": "text/csv", "Content-Encoding": coding}
        content = gzip.compress(csv_of(home).encode())
        yield Attack(
            "compressed", f"a file as {coding}", request("POST", BATCHES, content, headers)
        )
    for name, query in {"model": "model", "predictor": "predictor"}.items():
        for category, found in texts(bait).items():
            for text in found[:20]:
                target = f"{BATCHES}?{query}={text!a}".replace(" ", "+")
                headers = {"Content-Type": "text/csv"}
                content = request("POST", target.encode("ascii", "replace"), b"a\n1\n", headers)
                yield Attack(category, f"{name}={text[:40]!r}", content)


def csv_of(home: dict[str, Any], **more: str) -> str:
    """A header and one row; `more` are columns of the sender's own."""
    cells = [str(value) for value in home.values()]
    own = ['"' + text.replace('"', '""') + '"' for text in more.values()]
    return ",".join([*home, *more]) + "\n" + ",".join([*cells, *own]) + "\n"


def form(field: str, file_name: str, content: bytes, kind: str = "text/csv") -> bytes:
    said = f'Content-Disposition: form-data; name="{field}"; filename="{file_name}"'
    head = f"--{BOUNDARY}\r\n{said}\r\nContent-Type: {kind}\r\n\r\n"
    return head.encode("utf-8", "surrogatepass") + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def _posted(content: bytes) -> bytes:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return request("POST", BATCHES, content, headers)


def _files(bait: Bait, home: dict[str, Any]) -> Iterator[tuple[str, str, str, bytes]]:
    whole = csv_of(home)
    csv = "text/csv"
    yield "bombs", "gzip", csv, gzip.compress(b"0" * (50 * MIB), 9)
    yield "bombs", "zip", csv, _zip_bomb()
    yield "bombs", "zip in zip", csv, _zipped("a.zip", _zipped("b.zip", _zip_bomb()))
    yield "bombs", "workbook", csv, _zipped("xl/sheet1.xml", _laughs())
    yield "bombs", "parquet", csv, _parquet_bomb()
    yield "bombs", "entities", csv, _laughs()
    yield "bombs", "a million commas", csv, whole.split("\n")[0].encode() + b"\n" + b"," * MIB
    yield "bombs", "a million quotes", csv, whole.encode() + b'"' * MIB
    yield "bombs", "100,000 columns", csv, b",".join(b"c%d" % n for n in range(9_000)) + b"\n1\n"
    yield "bombs", "a million empty lines", csv, whole.encode() + b"\n" * MIB
    yield "bombs", "one line of a MB", csv, whole.encode() + b"a" * MIB
    deep = json.dumps(home)[:-1] + ', "own": ' + "[" * 30_000 + "]" * 30_000 + "}\n"
    yield "bombs", "deep lines", LINES, deep.encode()
    yield (
        "bombs",
        "many names",
        LINES,
        json.dumps({**home, **{f"n{n}": 1 for n in range(4000)}}).encode(),
    )
    yield "unicode", "UTF-16", csv, whole.encode("utf-16")
    yield "unicode", "NUL", csv, whole.encode() + b"\x00"
    yield "unicode", "no UTF-8", csv, whole.encode() + b"\xff\xfe"
    # All of a kind in one file: an accepted file is scored, and only so many may wait for it.
    for category, found in texts(bait).items():
        some = [text for text in found if len(text) < 300]
        own = {f"own{place}": text for place, text in enumerate(some)}
        yield category, "cells", csv, csv_of(home, **own).encode("utf-8", "surrogatepass")
        named = {"".join(text.split(","))[:90]: "1" for text in some if text.strip()}
        yield category, "columns", csv, csv_of(home, **named).encode("utf-8", "surrogatepass")
        row = json.dumps({**home, **{text: text for text in some}}) + "\n"
        yield category, "names", LINES, row.encode()


def _forms(bait: Bait) -> Iterator[tuple[str, str, bytes]]:
    row = b"a,b\n1,2\n"
    names = (
        "../../executed",
        "/etc/passwd",
        bait.file,
        "a\x00.csv",
        "a\r\nX-Hostile: 1.csv",
        "." * 300,
    )
    for name in (*names, "=cmd.csv", "{{7919*7923}}.csv", "con.csv", "a" * 5000, "", "‮vsc.exe"):
        yield "paths", f"file name {name[:40]!r}", form("file", name, row)
    for kind in (
        "application/x-python-pickle",
        "a" * 1000,
        "text/csv\r\nContent-Length: 0",
        "{{1}}",
    ):
        yield "headers and logs", f"kind of a part {kind[:30]!r}", form("file", "a.csv", row, kind)
    yield "framing of forms", "no end", form("file", "a.csv", row)[:-20]
    yield "framing of forms", "no boundary", b"--other\r\n\r\na\r\n--other--\r\n"
    yield (
        "framing of forms",
        "2,000 files",
        form("file", "a", b"1").replace(b"--\r\n", b"\r\n") * 2000,
    )
    part = b'--hostile\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    yield "framing of forms", "5,000 fields", part * 5000 + b"--hostile--\r\n"
    coded = form("file", "a.csv", b"YSxiCjEsMgo=").replace(
        b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1
    )
    yield "framing of forms", "base64", coded
    yield "framing of forms", "wrong base64", coded.replace(b"YSx", b"\xff=x")
    headers = b"".join(b"X-%d: a\r\n" % number for number in range(5000))
    yield (
        "framing of forms",
        "headers of a part",
        form("file", "a.csv", row).replace(b"\r\n\r\n", b"\r\n" + headers + b"\r\n", 1),
    )


def _zip_bomb() -> bytes:
    return _zipped("homes.csv", b"0" * (50 * MIB))


def _zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 12))
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{entities}]><a>&l11;</a>'.encode()


def _parquet_bomb() -> bytes:
    """Says in its last bytes that a GB of metadata stands before them."""
    return b"PAR1" + b"\x15\x04" * 500 + struct.pack("<I", 2**30) + b"PAR1"
