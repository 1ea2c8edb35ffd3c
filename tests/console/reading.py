"""A page as a test reads it: the rows of its tables."""

from html.parser import HTMLParser

Table = list[list[str]]


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
