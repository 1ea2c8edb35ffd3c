"""The one reader of settings from the environment.

Every variable the service understands is an entry of VARIABLES; `docs/settings.md` lists the same
entries and a test holds the two together. A value that cannot be read stops the start.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    default: str | None
    """Text as one would write it in the environment; None: must be given."""
    meaning: str
    choices: tuple[str, ...] = ()


VARIABLES = (
    Variable(
        "HOUSING_MODE",
        "local",
        "`local` (one machine, plain HTTP) or `production` (strict; nothing secret has a default)",
        ("local", "production"),
    ),
    Variable("DATABASE_URL", None, "PostgreSQL 15 or newer, as a URL. `bin/*` start one if unset"),
    Variable("REDIS_URL", None, "Redis or Valkey, as a URL. `bin/*` start one if unset"),
    Variable(
        "HOUSING_SECRET_KEY",
        None,
        "signs sessions; at least 50 random characters. `bin/*` keep one under `var/`",
    ),
    Variable(
        "HOUSING_ACCESS",
        "keys",
        "`keys`: who asks shows an API key, or is staff; `open`: everybody may ask (`bin/up`)",
        ("keys", "open"),
    ),
    Variable("HOUSING_VAR", str(ROOT / "var"), "folder for everything the service writes"),
    Variable(
        "HOUSING_DATA", "", "folder with the data files: three of homes, `bitcoin.csv`, `model.h5`"
    ),
    Variable("HOUSING_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "host names, by commas"),
    Variable(
        "HOUSING_LOGIN_ATTEMPTS",
        "10",
        "wrong passwords after which a user is locked for an address, for 15 minutes",
    ),
    Variable(
        "HOUSING_TRUSTED_ORIGINS", "", "origins of the admin behind a proxy, by commas, with scheme"
    ),
    Variable("HOUSING_HTTPS", "true", "production: redirect to HTTPS, secure cookies, HSTS"),
    Variable("HOUSING_PROXIES", "0", "how many proxies of ours stand in front (caller's address)"),
    Variable("HOUSING_KEY_LIMIT", "0", "requests a minute of one API key; 0: no limit"),
    Variable(
        "HOUSING_ADDRESS_LIMIT",
        "0",
        "requests a minute of one address that shows no good key; 0: no limit",
    ),
    Variable("HOUSING_MAX_BODY", "65536", "largest accepted request body of the API, bytes"),
    Variable("HOUSING_MAX_BULK", "2097152", "largest list for `/api/predict/bulk/`, bytes"),
    Variable(
        "HOUSING_MAX_OUTCOMES",
        "4194304",
        "largest list for `/api/outcomes/` and `/api/bitcoin/seconds/`, bytes",
    ),
    Variable("HOUSING_MAX_UPLOAD", "104857600", "largest accepted upload of a model, bytes"),
    Variable("HOUSING_MAX_BATCH", "1073741824", "largest accepted file of a batch, bytes"),
    Variable("HOUSING_BATCH_ROWS", "1000000", "the most rows of a batch"),
    Variable("HOUSING_BATCH_CHUNK", "10000", "rows of a batch that a worker takes at a time"),
    Variable(
        "HOUSING_BATCH_STORE",
        "21474836480",
        "files of batches that are kept at the same time, bytes: a file beyond them is refused",
    ),
    Variable("HOUSING_BATCH_DAYS", "7", "how long files and results of a batch are kept, days"),
    Variable(
        "HOUSING_AUDIT_SECONDS",
        "5",
        "how long a request may wait for its audit row before it is answered 503",
    ),
    Variable(
        "HOUSING_STATEMENT_SECONDS",
        "30",
        "how long one statement of a request may take in the database, seconds; 0: no limit",
    ),
    Variable("HOUSING_GATE_SECONDS", "60", "how long a new model version may take to be tried"),
    Variable("HOUSING_GATE_MEMORY", "2048", "how much memory it may take then, MB"),
    Variable(
        "HOUSING_IDEMPOTENCY_HOURS",
        "24",
        "how many hours the answer to an `Idempotency-Key` is kept, to be given again",
    ),
    Variable("HOUSING_SHADOW_DAYS", "30", "how many days answers of shadows are kept"),
    Variable(
        "HOUSING_USAGE_DAYS",
        "90",
        "how many days it is kept how often each endpoint was asked, and by whom",
    ),
    Variable(
        "HOUSING_KEY", "", "API key that `replay_seconds` and `stream_bitcoin` show to the service"
    ),
    Variable(
        "HOUSING_MAP_TILES",
        "",
        "tiles under the map of `/`, a URL with {z}, {x} and {y}; empty: none are fetched",
    ),
    Variable("HOUSING_MAP_CREDIT", "", "whom the page names as the source of the tiles"),
    Variable("HOUSING_REVISION", "unknown", "revision of the code; `bin/*` ask git"),
    Variable("HOUSING_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR"),
    Variable(
        "HOUSING_LOG_FORMAT",
        "auto",
        "`json` (an object per line), `line` (for people) or `auto`: `json` in production",
        ("auto", "json", "line"),
    ),
    Variable(
        "HOUSING_ACCESS_LOG",
        "others",
        "requests that get a line: `all`, `others` (than answered questions, probes and files) or "
        "`faults` (5xx and slow ones)",
        ("all", "others", "faults"),
    ),
    Variable("HOUSING_SLOW_MS", "1000", "a request that takes so long gets a line anyway, ms"),
    Variable(
        "HOUSING_SLOW_QUERY_MS",
        "500",
        "statements that take so long are logged by the PostgreSQL of `bin/*`, ms",
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "where traces go: a collector of OpenTelemetry (OTLP over HTTP), as a URL",
    ),
)
_BY_NAME = {variable.name: variable for variable in VARIABLES}


class Environment:
    """Reads VARIABLES, and nothing else, from `source`."""

    def __init__(self, source: Mapping[str, str] | None = None) -> None:
        self._source = os.environ if source is None else source

    def text(self, name: str) -> str:
        variable = _BY_NAME[name]
        value = self._source.get(name) or variable.default
        if value is None:
            raise ImproperlyConfigured(
                f"{name} is not set ({variable.meaning}). "
                "Use bin/up, bin/manage or bin/test, or set it yourself: see docs/settings.md."
            )
        if variable.choices and value not in variable.choices:
            accepted = ", ".join(variable.choices)
            raise ImproperlyConfigured(f"{name}={value!r}: accepted are {accepted}")
        return value

    def number(self, name: str, minimum: int = 0) -> int:
        value = self.text(name)
        if not value.isascii() or not value.isdigit() or int(value) < minimum:
            accepted = f"a whole number, {minimum} or more, is accepted"
            raise ImproperlyConfigured(f"{name}={value!r}: {accepted}")
        return int(value)

    def flag(self, name: str) -> bool:
        value = self.text(name).lower()
        if value not in {"true", "false"}:
            raise ImproperlyConfigured(f"{name}={value!r}: true or false is accepted")
        return value == "true"

    def log_format(self) -> str:
        """`json` or `line`."""
        form = self.text("HOUSING_LOG_FORMAT")
        if form == "auto":
            return "json" if self.text("HOUSING_MODE") == "production" else "line"
        return form

    def names(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(",") if part.strip()]
