"""Paths, queries and headers with something else in them than names and numbers."""

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

from benchmarks.hostile.payloads import Bait, paths, texts
from benchmarks.hostile.wire import Attack, as_path, request

UUID = "01a2064627a776acad8e9fc6e57eedda"
SEGMENTS = (
    "/api/models/{}/",
    "/api/models/homes/{}/",
    "/api/models/{}/serving/",
    "/api/predictions/{}/",
    "/api/batches/{}/",
    "/api/training/{}/",
    "/admin/predictions/prediction/{}/change/",
    "/{}",
)
QUERIES = {
    "/api/models/homes/": ("before",),
    "/api/accuracy/": ("predictor", "window", "by", "on", "version", "data"),
    "/api/drift/": ("predictor", "window", "from", "to"),
    "/api/usage/": ("days", "endpoint", "caller"),
    "/api/bitcoin/live/": ("seconds", "limit", "from"),
    "/api/bitcoin/accuracy/": ("window",),
    "/api/schema/": ("format", "lang", "version"),
    "/api/docs/": ("script", "lang", "version"),
    "/api/training/": ("predictor", "state", "before"),
    "/api/homes/zipcodes/": ("zipcode",),
    f"/api/batches/{UUID}/results/": ("format",),
    "/admin/login/": ("next",),
    "/console/operations/": ("range",),
    "/": ("id", "q"),
}
HEADERS = (
    "Host",
    "X-Request-ID",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "User-Agent",
    "Referer",
    "Cookie",
    "Accept",
    "Accept-Language",
    "Authorization",
    "Idempotency-Key",
    "Content-Type",
    "If-None-Match",
    "If-Modified-Since",
    "Range",
    "Origin",
    "traceparent",
)


def address_attacks(bait: Bait) -> Iterator[Attack]:
    found = [(category, text) for category, some in texts(bait).items() for text in some]
    for route in SEGMENTS:
        for category, text in found:
            if len(text) < 1000:
                target = route.format(as_path(text))
                yield Attack(category, f"{route} {text[:60]!r}", request("GET", target))
    for path, names in QUERIES.items():
        for name in names:
            for category, text in found[:: 1 + len(names)]:
                if len(text) < 1000:
                    target = f"{path}?{name}={as_path(text)}"
                    yield Attack(category, f"{path}?{name} {text[:60]!r}", request("GET", target))
    yield from _traversals()
    yield from _many()
    yield from _header_attacks(bait)


def _traversals() -> Iterator[Attack]:
    for start in ("/static/", "/static/console/", "/admin/", "/api/", "/", "/media/"):
        for path in paths():
            for target in (start + path, start + quote(path)):
                if not any(sign in target for sign in "\r\n \x00") and len(target) < 4000:
                    yield Attack("paths", target[:80], request("GET", target.encode()))


def _many() -> Iterator[Attack]:
    """Of everything more than anybody needs."""
    for path in QUERIES:
        yield Attack(
            "oversized", f"{path} 1,000 parameters", request("GET", f"{path}?{'a=1&' * 990}")
        )
        yield Attack(
            "oversized", f"{path} a name 200 times", request("GET", f"{path}?{'days=1&' * 200}")
        )
        yield Attack("oversized", f"{path} 3,900 bytes", request("GET", f"{path}?a={'b' * 3900}"))
        yield Attack(
            "oversized", f"{path} 10,000 bytes", request("GET", f"{path}?a={'b' * 10_000}")
        )
        yield Attack(
            "oversized", f"{path} 70,000 bytes", request("GET", f"{path}?a={'b' * 70_000}")
        )
        yield Attack(
            "unicode", f"{path} wrong escapes", request("GET", f"{path}?%=%zz&%ff%fe=%c0%af")
        )
        yield Attack(
            "unicode", f"{path} bytes", request("GET", path.encode() + b"?a=\xff\xfe\xc0\xaf")
        )
    for include in ("comparables," * 300, "comparables,reasons,interval", "a" * 3000, ",", "%00"):
        target = f"/api/predict/?include={include}"
        yield Attack("oversized", f"include={include[:40]}", request("POST", target, b"{}"))
    for days in ("99999999", "0", "-1", "1e9", "９", "7;8", "7&days=8"):
        yield Attack(
            "numbers", f"days={days}", request("GET", f"/api/usage/?days={quote(days, '&=')}")
        )
        window = f"/api/accuracy/?window={quote(days, '&=')}d"
        yield Attack("numbers", f"window={days}", request("GET", window))


def _header_attacks(bait: Bait) -> Iterator[Attack]:
    for name in HEADERS:
        for category, some in texts(bait).items():
            for text in some:
                value = text.encode("utf-8", "surrogatepass")
                if len(value) < 8000:
                    content = request("GET", "/api/models/homes/", headers={name: value})
                    label = "headers and logs" if b"\n" in value or b"\r" in value else category
                    # With a line end of its own in it, it is more headers, or the end of them.
                    yield Attack(label, f"{name}: {text[:60]!r}", content, answers=2)
    for secret in (
        "nobody:x",
        "\x00:\x00",
        "a" * 5000,
        ":",
        "nobody:" + "x" * 3000,
        "' OR 1=1 --:x",
    ):
        token = b64encode(secret.encode()).decode()
        for scheme in ("Basic", "Bearer", "Digest", "Negotiate", "Bearer vk_"):
            content = request("GET", "/api/usage/", headers={"Authorization": f"{scheme} {token}"})
            yield Attack("headers and logs", f"{scheme} {secret[:20]!r}", content)
