"""The same answer again instead of the same work: answers to keys, kept for a while.

A key's answer is kept in the transaction that writes what it is about: both are there or neither.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from predictions.idempotency.errors import AnswerNotKept, InProgress, KeyMismatch
from predictions.idempotency.models import KeptAnswer

# Of one answer. A list of 1,000 homes has half of one; what is larger names thousands of faults.
MOST_BYTES = 4_194_304
# Removed in one transaction.
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with a key."""

    caller: str
    key: str
    fingerprint: bytes
    """32 bytes, equal for requests that are the same."""
    request_id: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    content: bytes
    is_replayed: bool = False


def answer_once(*, asked: Asked, answer: Callable[[], Reply]) -> Reply:
    """What this key was answered, or else what `answer` gives, kept in one transaction with all
    that it writes.

    Who asks the same at the same time waits until the first is done. What `answer` raises undoes
    what it wrote; a reply of 500 or more stays as it is, and is not kept: the key may try again.
    Raises KeyMismatch, InProgress, AnswerNotKept, and Django's database errors.
    """
    with transaction.atomic():
        _take_turn(asked)
        kept = KeptAnswer.objects.to(caller=asked.caller, key=asked.key).first()
        if kept is not None:
            return _again(kept, asked)
        reply = answer()
        if reply.status < 500:
            _keep(asked, reply)
    return reply


def is_known(*, caller: str, key: str) -> bool:
    """Whether it was answered."""
    return KeptAnswer.objects.to(caller=caller, key=key).exists()


def remove_old_answers() -> int:
    """Of more than HOUSING_IDEMPOTENCY_HOURS ago; how many. Each chunk is committed alone."""
    moment = timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    removed = chunk = KeptAnswer.objects.all().remove_before(moment, most=CHUNK)
    while chunk == CHUNK:
        chunk = KeptAnswer.objects.all().remove_before(moment, most=CHUNK)
        removed += chunk
    return removed


def forget_caller(*, caller: str) -> int:
    """How many answers they were. His keys are new ones then."""
    return KeptAnswer.objects.filter(caller=caller).delete()[0]


def _take_turn(asked: Asked) -> None:
    """Until the transaction ends, nobody else asks with this key. Raises InProgress."""
    name = [f"idempotency:{asked.caller}:{asked.key}"]
    patience = [str(max(1, settings.AUDIT_SECONDS * 1000))]  # ms; 0 would be without end
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", name)
        if cursor.fetchone()[0]:
            return
        try:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", patience)
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", name)
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise InProgress("ask again in a moment, with the same key") from error
            raise


def _again(kept: KeptAnswer, asked: Asked) -> Reply:
    if bytes(kept.fingerprint) != asked.fingerprint:
        raise KeyMismatch(
            f"it came with another request, {kept.request_id}; a new request has a new key"
        )
    if kept.content is None:
        raise AnswerNotKept(f"it was done by request {kept.request_id}; nothing was done again")
    return Reply(kept.status, kept.headers, bytes(kept.content), is_replayed=True)


def _keep(asked: Asked, reply: Reply) -> None:
    KeptAnswer.objects.create(
        caller=asked.caller,
        key=asked.key,
        fingerprint=asked.fingerprint,
        request_id=asked.request_id,
        status=reply.status,
        headers=dict(reply.headers),
        content=reply.content if len(reply.content) <= MOST_BYTES else None,
    )
