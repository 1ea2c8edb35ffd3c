"""Who holds a key, known in each web process without asking the database for each request.

A thread asks every fraction of a second whether any key changed (one number, which a trigger counts
up) and if so reads them anew. So a revoked key is refused everywhere within a second: what was not
confirmed for longer is confirmed first, by whoever asks.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from django.db import Error, connection
from django.db.models.functions import Greatest, Now

from predictions.keys.models import ApiKey, KeyChanges, digest_of

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
CONFIRMED_SECONDS = 0.8
"""So long what was read is believed."""


class Loop(Protocol):
    """Of the thread that answers questions: `ops.loop`."""

    def is_inside(self) -> bool: ...

    def for_call(self, function: Callable[[], None]) -> None: ...


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who shows a key, where a user would be."""

    key_id: int
    name: str
    scopes: tuple[str, ...]
    expires_at: float
    """Seconds since 1970."""
    per_minute: int | None = None
    """Requests that the key may make, if not as many as any other."""
    is_authenticated: bool = True
    is_staff: bool = False

    def get_username(self) -> str:
        return f"key:{self.name}"


@dataclass(slots=True)
class _Held:
    """What this process knows."""

    loop: Loop | None
    holders: dict[str, KeyHolder] = field(default_factory=dict)
    """By the digest of the secret."""
    changes: int | None = None
    confirmed_at: float = float("-inf")
    used: dict[int, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    asking: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def confirm(self) -> None:
        """Raises Django's database errors."""
        with self.lock:
            began = time.monotonic()
            # The number first: a key that changes after it is read is read again.
            changes = KeyChanges.objects.number()
            if changes is None or changes != self.changes:
                self.holders = {
                    key.digest: _holder(key) for key in ApiKey.objects.usable().iterator()
                }
                self.changes = changes
            self.confirmed_at = began

    def confirm_since(self, moment: float) -> None:
        """As of `moment` or later, by `time.monotonic()`. Raises Django's database errors."""
        with self.asking:
            if self.confirmed_at >= moment:  # by now: others waited for the same
                return
            try:
                self.confirm()
            except Error:
                connection.close()
                # One kept from before may have died unnoticed; a new one tells.
                self.confirm()

    def keep_confirming(self) -> None:
        while not self.stopping.wait(LOOK_SECONDS):
            try:
                self.confirm()
            except Error as error:
                logger.warning("keys: %s", " ".join(str(error).split()))
                connection.close()
            except Exception:  # the next turn may do better
                logger.exception("keys")
        connection.close()


_held: _Held | None = None


def start(loop: Loop | None = None) -> None:
    """Once in each web process, after it was forked."""
    global _held
    _held = held = _Held(loop)
    threading.Thread(target=held.keep_confirming, name="keys", daemon=True).start()


def stop() -> None:
    if _held is not None:
        _held.stopping.set()


def known_holder(secret: bytes) -> KeyHolder | None:
    """From memory. Found by its hash: how long that takes tells nothing of the secret.

    Raises Django's database errors if what is known is old and cannot be confirmed.
    """
    if _held is None:
        return None
    _wait_until_confirmed(_held, time.monotonic() - CONFIRMED_SECONDS)
    return _found(_held, secret)


def confirmed_holder(secret: bytes) -> KeyHolder | None:
    """As the database says now: the key may have been made a moment ago. Raises as the other."""
    if _held is None:  # a command, a test: nothing is kept
        key = ApiKey.objects.usable().filter(digest=digest_of(secret)).first()
        return None if key is None else _holder(key)
    _wait_until_confirmed(_held, time.monotonic())
    return _found(_held, secret)


def _found(held: _Held, secret: bytes) -> KeyHolder | None:
    holder = held.holders.get(digest_of(secret))
    now = time.time()
    if holder is None or now >= holder.expires_at:
        return None
    held.used[holder.key_id] = now
    return holder


def _wait_until_confirmed(held: _Held, moment: float) -> None:
    if held.confirmed_at >= moment:
        return
    if held.loop is not None and held.loop.is_inside():
        held.loop.for_call(lambda: held.confirm_since(moment))
    else:
        held.confirm_since(moment)


def look() -> None:
    """Every few seconds: write down which keys were used. Raises Django's database errors."""
    held = _held
    if held is None or not held.used:
        return
    used, held.used = held.used, {}
    # To the few seconds since the last look.
    ApiKey.objects.filter(pk__in=used).update(last_used_at=Greatest("last_used_at", Now()))


def _holder(key: ApiKey) -> KeyHolder:
    return KeyHolder(
        key_id=key.pk,
        name=key.name,
        scopes=tuple(key.scopes),
        expires_at=key.expires_at.timestamp(),
        per_minute=key.per_minute,
    )
