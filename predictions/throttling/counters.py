"""Counters in Redis that all processes share: how much each caller has used of a minute.

A window begins with a caller's first request and lasts a minute by Redis' clock: no clocks are
compared. What a process is given is counted at once, so all together never get more than the limit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from predictions.waiting import Waiting

Result = TypeVar("Result")

WINDOW_SECONDS = 60
# Who waits for Redis is a request; usually it answers in less than a thousandth of this.
TIMEOUT_SECONDS = 0.25
# Of what is left, the most that a process may take ahead of its requests.
AHEAD_SHARE = 64
KEY = "limit:"

# KEYS: callers. ARGV: limit, needed and ahead of each. All that is needed is given, or nothing.
_TAKE = f"""
local given = {{}}
for i, key in ipairs(KEYS) do
  local limit, needed, ahead =
    tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local known = redis.call('HMGET', key, 'used', 'window')
  local window = known[2]
  local left = math.max(0, limit - (tonumber(known[1]) or 0))
  local taken = 0
  if needed <= left then
    taken = needed + math.min(ahead, math.floor((left - needed) / {AHEAD_SHARE}))
    if not window then
      local now = redis.call('TIME')
      window = now[1] .. '.' .. now[2]
      redis.call('HSET', key, 'window', window)
      redis.call('PEXPIRE', key, {WINDOW_SECONDS * 1000})
    end
    redis.call('HINCRBY', key, 'used', taken)
  end
  given[i] = {{taken, left - taken, redis.call('PTTL', key), window or ''}}
end
return given
"""
# KEYS: callers. ARGV: window and unused of each. What was given in another window is over.
_GIVE_BACK = """
for i, key in ipairs(KEYS) do
  if redis.call('HGET', key, 'window') == ARGV[2 * i - 1] then
    redis.call('HINCRBY', key, 'used', -tonumber(ARGV[2 * i]))
  end
end
"""


class Away(Exception):
    """Redis cannot be asked, or does not answer in time."""


class Broken(Away):
    """The connection ended: a new one may do."""


@dataclass(frozen=True, slots=True)
class Wish:
    caller: str
    limit: int
    """Requests in a window."""
    needed: int
    ahead: int
    """How many more would be of use."""


@dataclass(frozen=True, slots=True)
class Taken:
    requests: int
    """0: there were not as many as needed."""
    left: int
    """For all processes."""
    ends_at: float
    """When the window does, or a little before: `time.monotonic()`."""
    window: bytes
    """Which it is. Empty: none."""


@dataclass(frozen=True, slots=True)
class Unused:
    caller: str
    window: bytes
    requests: int


class Counters:
    """A connection. Who uses it holds it alone; where it waits, others of its loop go on."""

    def __init__(self, url: str, waiting: Waiting) -> None:
        """Raises Away."""
        self._waiting = waiting
        self._connection, self._scripts = waiting.for_call(lambda: _connected(url))

    def take(self, wishes: Sequence[Wish]) -> list[Taken]:
        """One for each wish. Raises Away; what was wished for may have been counted."""
        numbers = [n for wish in wishes for n in (wish.limit, wish.needed, wish.ahead)]
        sent = time.monotonic()
        given = self._run(_TAKE, [wish.caller for wish in wishes], numbers)
        return [
            Taken(requests, left, sent + milliseconds / 1000, window)
            for requests, left, milliseconds, window in given
        ]

    def give_back(self, unused: Sequence[Unused]) -> None:
        """Raises Away."""
        values = [value for each in unused for value in (each.window, each.requests)]
        self._run(_GIVE_BACK, [each.caller for each in unused], values)

    def try_out(self) -> None:
        """Whether it counts, which a server that only reads, or is full, does not. Raises Away."""
        self.take([Wish("nobody", 1, 1, 0)])

    def close(self) -> None:
        self._connection.disconnect()

    def _run(self, script: str, callers: Sequence[str], values: Sequence[Any]) -> Any:
        keys = [KEY + caller for caller in callers]
        try:
            self._connection.send_command(
                "EVALSHA", self._scripts[script], len(keys), *keys, *values, check_health=False
            )
            # Ours to wait for: redis-py would hold the thread. What has begun to arrive is small.
            socket = self._connection._get_socket()
            if not self._waiting.until_ready(socket.fileno(), seconds=TIMEOUT_SECONDS):
                raise Away("no answer in time")
            return self._connection.read_response(disable_decoding=True)
        except redis.TimeoutError as error:
            raise Away(str(error)) from error
        except redis.ConnectionError as error:
            raise Broken(str(error)) from error
        except (RedisError, OSError) as error:
            raise Away(str(error)) from error


class Kept:
    """A connection for many times, made when it is needed. Who uses it holds it alone."""

    def __init__(self, url: str, waiting: Waiting) -> None:
        self._url = url
        self._waiting = waiting
        self._counters: Counters | None = None

    def use(self, deed: Callable[[Counters], Result]) -> Result:
        """Raises Away."""
        is_old = self._counters is not None
        try:
            return self._use_once(deed)
        except Broken:
            # One from before may have ended unnoticed; a new one tells.
            if not is_old:
                raise
            return self._use_once(deed)

    def close(self) -> None:
        if self._counters is not None:
            self._counters.close()
            self._counters = None

    def _use_once(self, deed: Callable[[Counters], Result]) -> Result:
        if self._counters is None:
            self._counters = Counters(self._url, self._waiting)
        try:
            return deed(self._counters)
        except BaseException:
            # An answer may still be under way on it, to a question that nobody asks any more.
            self.close()
            raise


def _connected(url: str) -> tuple[Any, dict[str, str]]:
    """With the ids of both scripts. Raises Away."""
    pool = redis.ConnectionPool.from_url(
        url,
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    connection: Any = pool.make_connection()
    try:
        connection.connect()
        scripts = {}
        for script in (_TAKE, _GIVE_BACK):
            connection.send_command("SCRIPT", "LOAD", script)
            scripts[script] = connection.read_response(disable_decoding=True).decode()
    except (RedisError, OSError) as error:
        connection.disconnect()
        raise Away(str(error)) from error
    return connection, scripts
