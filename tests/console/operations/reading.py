"""The page as a test reads it, and numbers as it writes them."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

PAGE = "/console/operations/"
Table = list[list[str]]
Ask = Callable[..., list[tuple[Any, ...]]]


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Table] = {}
        self._rows: Table | None = None
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "table":
            self._rows = self.found.setdefault(str(named["id"]), [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._cell = []
        elif self._cell is not None and tag in ("data", "time"):
            # What is shown is rounded; the exact value comes first.
            self._cell.append(f"{named.get('value') or named.get('datetime')} ")

    def handle_data(self, text: str) -> None:
        if self._cell is not None:
            self._cell.append(text)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None and self._rows:
            self._rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag == "table":
            self._rows = None


def tables(page: str) -> dict[str, Table]:
    """By id, without their heads: texts of cells, before those of times and sizes the exact one."""
    parser = _Tables()
    parser.feed(page)
    return {name: rows[1:] for name, rows in parser.found.items()}


def login(name: str, **facts: Any) -> Client:
    user, _ = User.objects.get_or_create(username=name, defaults=facts)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


class Shown:
    """The page of one window."""

    def __init__(self, client: Client, window: str) -> None:
        response = client.get(f"{PAGE}?range={window}")
        assert response.status_code == 200, response.content
        self.text = response.content.decode()
        self.tables: dict[str, Table] = tables(self.text)
        start, end = re.findall(r'<time datetime="([^"]+)"', self.text)[:2]
        self.start, self.end = datetime.fromisoformat(start), datetime.fromisoformat(end)
        self.tiles: dict[str, str] = dict(
            re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", self.text)
        )

    @property
    def charts(self) -> dict[str, Any]:
        """What its script draws."""
        form = r'<script id="charts" type="application/json">(.*?)</script>'
        found = re.search(form, self.text)
        assert found
        return dict(json.loads(found[1]))


def number(count: float) -> str:
    return f"{count:,}"


def two_digits(times: list[float] | None) -> list[str]:
    return [f"{float(f'{time:.2g}'):,g}" for time in times] if times else ["–"] * 3


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} %"


def three(value: float | None) -> str:
    return "–" if value is None else f"{value:,.3g}"


def moment(value: datetime | None) -> str:
    return "–" if value is None else f"{value.isoformat()} {value:%Y-%m-%d %H:%M:%S}"
