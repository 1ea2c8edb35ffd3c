"""The servers that a command of `bin/` needs: the user's own, or embedded ones under `var/`.

Several commands may run at once; the last one to end stops the embedded servers. Who still runs is
known by a shared lock on a file, which the kernel releases even for a process that was killed.
"""

import fcntl
import os
import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import psycopg
import redis

from ops.embedded.postgres import EmbeddedPostgres
from ops.embedded.valkey import AT_ONCE, EmbeddedValkey

# PostgreSQL's settings are of 32 bits.
MOST_MS = 2_147_483_647


class Unreachable(Exception):
    """A server that the user named does not answer."""


class Servers:
    """Use as a context manager; `environment` holds what the service needs to find them."""

    def __init__(self, var: Path, outer: Mapping[str, str]) -> None:
        self._var = var
        self._outer = outer
        self._postgres: EmbeddedPostgres | None = None
        self._valkey: EmbeddedValkey | None = None
        self.environment: dict[str, str] = {}

    def __enter__(self) -> "Servers":
        self._var.mkdir(parents=True, exist_ok=True)
        # POSIX locks: children that are forked later do not hold them.
        self._in_use = (self._var / "servers.lock").open("a+")
        try:
            with self._changing(), signals_deferred():
                fcntl.lockf(self._in_use, fcntl.LOCK_SH)
                self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changing(), self._in_use:
            try:
                fcntl.lockf(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return  # another command still uses them
            for server in (self._valkey, self._postgres):
                if server is not None:
                    server.stop()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One command at a time starts or stops servers."""
        with (self._var / "servers.changing.lock").open("a+") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            yield

    def _start(self) -> None:
        path = self._outer.get("PATH", os.defpath)
        database, broker = self._outer.get("DATABASE_URL"), self._outer.get("REDIS_URL")
        if database:
            check_database(database)
        else:
            self._postgres = EmbeddedPostgres(self._var / "postgres", slow_ms=self._slow_ms())
            database = self._postgres.start()
            path = f"{self._postgres.bin_folder}{os.pathsep}{path}"
        if broker:
            check_broker(broker)
        else:
            self._valkey = EmbeddedValkey(self._var / "valkey")
            broker = self._valkey.start()
        self.environment = {
            "PATH": path,
            "DATABASE_URL": database,
            "REDIS_URL": broker,
            "HOUSING_VAR": str(self._var),
            # They listen on this machine alone: who reaches them may ask.
            "HOUSING_ACCESS": self._outer.get("HOUSING_ACCESS") or "open",
            "HOUSING_SECRET_KEY": self._outer.get("HOUSING_SECRET_KEY") or self._secret_key(),
        }

    def _slow_ms(self) -> int | None:
        """None: nobody has said. `housing_api.environment` reads it again."""
        text = self._outer.get("HOUSING_SLOW_QUERY_MS")
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or int(text) > MOST_MS:
            accepted = f"a whole number up to {MOST_MS} is accepted"
            raise RuntimeError(f"HOUSING_SLOW_QUERY_MS={text!r}: {accepted}")
        return int(text)

    def _secret_key(self) -> str:
        file = self._var / "secret_key"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(64))
        return file.read_text()


@contextmanager
def signals_deferred() -> Iterator[None]:
    """A server that is half started could not be stopped: what asks us to end waits a moment."""
    received: list[int] = []
    former = {
        number: signal.signal(number, lambda got, frame: received.append(got))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    for got in received:
        signal.raise_signal(got)


def check_database(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise Unreachable(f"the database of DATABASE_URL cannot be reached: {reason}") from error


def check_broker(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_timeout=5, retry=AT_ONCE) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Unreachable(f"the server of REDIS_URL cannot be reached: {error}") from error
