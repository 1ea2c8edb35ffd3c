"""Bytes that two readers might take for different requests, and what is hardly HTTP."""

from collections.abc import Iterator

from benchmarks.hostile.wire import Attack, request

HIDDEN = b"GET /api/version/?hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PLAIN = b"POST /api/predict/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
CATEGORY = "smuggling and framing"


def framing_attacks() -> Iterator[Attack]:
    for name, content in {**_lengths(), **_lines(), **_chunks()}.items():
        yield Attack(CATEGORY, name, content)
    for name, content in _beginnings().items():
        yield Attack(CATEGORY, name, content)
    for name, headers in _large().items():
        yield Attack("oversized", name, request("GET", "/api/version/", headers=headers))


def _lengths() -> dict[str, bytes]:
    size = b"Content-Length: %d\r\n"
    hidden, body = HIDDEN, b"0\r\n\r\n" + HIDDEN
    coding = b"Transfer-Encoding: chunked\r\n"
    found = {
        "CL and TE": PLAIN + size % len(body) + coding + b"\r\n" + body,
        "TE and CL": PLAIN + coding + b"Content-Length: 4\r\n\r\n" + body,
        "two lengths": PLAIN + size % len(hidden) + size % 0 + b"\r\n" + hidden,
        "two equal lengths": PLAIN + size % 2 + size % 2 + b"\r\n{}",
        "a list of lengths": PLAIN + b"Content-Length: 0, %d\r\n\r\n" % len(hidden) + hidden,
        "TE twice": PLAIN + coding + b"Transfer-Encoding: identity\r\n\r\n" + body,
        "chunked, HTTP/1.0": (PLAIN + coding).replace(b"1.1", b"1.0", 1) + b"\r\n" + body,
    }
    for length in (
        b"+5",
        b"-5",
        b"5 5",
        b"0x5",
        b"5;a",
        b"5.0",
        b"1e1",
        b"",
        b"\xb2",
        b"9" * 4000,
        b"5,5",
    ):
        found[f"length {length[:20]!r}"] = (
            PLAIN + b"Content-Length: " + length + b"\r\n\r\n" + hidden
        )
    for te in (
        b" chunked",
        b"\tchunked",
        b"chunked ",
        b"xchunked",
        b"chunked, chunked",
        b"gzip, chunked",
        b"chunked, gzip",
        b"identity",
        b"chunked;q=1",
        b'"chunked"',
        b"chunked\x0b",
        b"CHUNKED",
        b"cow",
        b"",
        b"deflate",
        b"chunked\r\n : x",
    ):
        found[f"coding {te!r}"] = PLAIN + b"Transfer-Encoding:" + te + b"\r\n\r\n" + body
        found[f"coding {te!r} with length"] = (
            PLAIN + b"Transfer-Encoding:" + te + b"\r\nContent-Length: 3\r\n\r\n" + body
        )
    return found


def _lines() -> dict[str, bytes]:
    good = PLAIN + b"Content-Length: 2\r\n"
    return {
        "folded header": good + b"X-A: b\r\n c\r\n\r\n{}",
        "folded first": PLAIN.replace(b"Host", b" Host", 1) + b"Content-Length: 2\r\n\r\n{}",
        "bare LF": good.replace(b"\r\n", b"\n") + b"\n{}\r\n\r\n",
        "bare LF at the end": good + b"\n{}\r\n\r\n{}",
        "bare CR": good + b"X-A: b\rX-B: c\r\n\r\n{}",
        "LF in a header": good + b"X-A: b\nTransfer-Encoding: chunked\r\n\r\n{}",
        "NUL in a header": good + b"X-A: b\x00c\r\n\r\n{}",
        "space before the colon": PLAIN + b"Content-Length : 2\r\n\r\n{}",
        "no colon": good + b"hello\r\n\r\n{}",
        "no name": good + b": hello\r\n\r\n{}",
        "underscores": PLAIN + b"Content_Length: 2\r\n\r\n",
        "bytes in a name": good + b"X-\xff: b\r\n\r\n{}",
        "two hosts": good + b"Host: evil.example\r\n\r\n{}",
        "two authorizations": good
        + b"Authorization: Basic YWRtaW46eHg=\r\nAuthorization: Bearer a\r\n\r\n{}",
        "no host": good.replace(b"Host: 127.0.0.1\r\n", b"") + b"\r\n{}",
        "absolute address": good.replace(b"/api", b"http://evil.example/api", 1) + b"\r\n{}",
        "address of another scheme": good.replace(b"/api", b"file:///api", 1) + b"\r\n{}",
        "upgrade": good
        + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n{}",
        "websocket": good + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n{}",
        "expect the impossible": good + b"Expect: 200-maybe\r\n\r\n{}",
        "trailers": PLAIN
        + b"Transfer-Encoding: chunked\r\nTrailer: Host\r\n\r\n0\r\nHost: evil\r\n\r\n",
        "PROXY protocol": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + good + b"\r\n{}",
        "spoofed scheme": good + b"X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off\r\n\r\n{}",
        "script name": good + b"SCRIPT_NAME: /x\r\nPath-Info: /admin/\r\n\r\n{}",
        "method override": good + b"X-HTTP-Method-Override: DELETE\r\n\r\n{}",
    }


def _chunks() -> dict[str, bytes]:
    start = PLAIN.replace(b"/api/predict/", b"/api/batches/").replace(
        b"application/json", b"text/csv"
    )
    start += b"Transfer-Encoding: chunked\r\n\r\n"
    ends = {
        "endless size": b"1" * 50_000 + b"\r\n",
        "negative size": b"-1\r\na\r\n0\r\n\r\n",
        "size with a prefix": b"0x1\r\na\r\n0\r\n\r\n",
        "endless extension": b"1;" + b"a" * 50_000 + b"\r\na\r\n0\r\n\r\n",
        "CR in an extension": b"1;a\rb\r\na\r\n0\r\n\r\n",
        "no end of the chunk": b"1\r\nab\r\n0\r\n\r\n",
        "endless trailers": b"1\r\na\r\n0\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
        "trailer of a length": b"1\r\na\r\n0\r\nContent-Length: 50\r\n\r\n" + HIDDEN,
        "no size": b"\r\na\r\n0\r\n\r\n",
        "bare LF": b"1\na\n0\n\n\r\n\r\n",
    }
    found = {f"chunks to a file: {name}": start + end for name, end in ends.items()}
    other = PLAIN + b"Transfer-Encoding: chunked\r\n\r\n"
    return found | {f"chunks to a question: {name}": other + end for name, end in ends.items()}


def _beginnings() -> dict[str, bytes]:
    found = {
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500) + b"\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/0.9": b"GET /\r\n\r\n",
        "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        "SSH": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "SMTP": b"EHLO a\r\n\r\n",
        "Redis": b"*1\r\n$4\r\nPING\r\n\r\n",
        "PostgreSQL": b"\x00\x00\x00\x08\x04\xd2\x16\x2f\r\n\r\n",
        "nothing but ends": b"\r\n" * 50,
        "zeros": bytes(4000) + b"\r\n\r\n",
        "CONNECT": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: a\r\n\r\n",
        "TRACE": request("TRACE", "/", headers={"X-Secret": "1"}),
        "star": b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "a method of 10,000": request("A" * 10_000, "/"),
        "endless line": b"GET /" + b"a" * 200_000,
        "endless headers": b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 30_000,
        "an endless header": b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000,
        "spaces in the line": b"GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
        "tab in the line": b"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n",
        "fragment": b"GET /#a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "NUL in the address": b"GET /\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "slashes": b"GET //api//predict// HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "another host as path": b"GET //evil.example/%2e%2e HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    }
    methods = (
        "PROPFIND",
        "PATCH",
        "DELETE",
        "PUT",
        "LINK",
        "get",
        "G\x00T",
        "Ａ",
        "M-SEARCH",
        "DEBUG",
    )
    for method in methods:
        for path in ("/api/predict/", "/", "/admin/", "/static/console/console.css"):
            found[f"{method} {path}"] = request(method, path)
    return found


def _large() -> dict[str, dict[str, str | bytes]]:
    return {
        "101 headers": {f"X-{number}": "a" for number in range(101)},
        "1,000 headers": {f"X-{number}": "a" for number in range(1000)},
        "a header of 8,191": {"X-A": "a" * 8191},
        "a header of 60,000": {"X-A": "a" * 60_000},
        "a cookie of 8,000": {"Cookie": "a=" + "b" * 8000},
        "2,000 cookies": {"Cookie": ";".join("a=b" for _ in range(2000))},
        "1,000 in Accept": {"Accept": ",".join(["text/html;q=0.1"] * 500)},
        "1,000 addresses": {"X-Forwarded-For": ",".join(["1.2.3.4"] * 1000)},
        "1,000 ranges": {"Range": "bytes=" + ",".join("0-1" for _ in range(1000))},
    }
