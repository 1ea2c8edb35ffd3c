"""Setting a version to shadow, and ending it. The API and the admin are doors to these."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from modelregistry.catalog import kind_of
from modelregistry.gate import require_passed
from modelregistry.keeping import lock_predictor
from modelregistry.models import ModelVersion
from predictions.models import first_id
from predictions.shadow import scoring
from predictions.shadow.errors import AlreadyActive, NeverAShadow, TooManyShadows
from predictions.shadow.models import SHADOWS_AT_ONCE, Shadow, ShadowAnswer


@dataclass(frozen=True, slots=True)
class Setting:
    shadow: Shadow
    is_new: bool


def set_shadow(*, predictor: str, version: int, actor: str, reason: str = "") -> Setting:
    """Let this version compute what it would have answered, from now on.

    Nothing changes if it does already. Raises UnknownPredictor, UnknownVersion, GateFailed,
    AlreadyActive, TooManyShadows.
    """
    chosen = _chosen(predictor, version)
    with transaction.atomic():
        # One after the other counts how many there are, and nobody removes its files.
        lock_predictor(predictor)
        chosen.refresh_from_db(fields=["is_active", "gate", "gate_reason"])
        require_passed(chosen)
        standing = Shadow.objects.of_version(chosen).open().with_numbers().first()
        if standing is not None:
            return Setting(standing, is_new=False)
        if chosen.is_active:
            raise AlreadyActive(f"{chosen} is active: there is nothing to compare it with")
        slot = Shadow.objects.free_slot(predictor)
        if slot is None:
            raise TooManyShadows(f"{predictor} has {SHADOWS_AT_ONCE} shadows; end one first")
        now = datetime.now(UTC)
        shadow = Shadow.objects.create(
            predictor=predictor,
            model_version=chosen,
            slot=slot,
            since=now,
            set_by=actor[:150],
            reason=reason,
            read_to=first_id(now),
        )
        shadow.refresh_from_db(fields=["swept_at"])
    return Setting(shadow, is_new=True)


def end_shadow(*, predictor: str, version: int, actor: str) -> Shadow:
    """It computes no more; its answers stay.

    Nothing changes if it has ended. Raises UnknownPredictor, UnknownVersion, NeverAShadow.
    """
    chosen = _chosen(predictor, version)
    Shadow.objects.of_version(chosen).open().update(ended_at=Now(), ended_by=actor[:150])
    return latest_shadow(predictor=predictor, version=version)


def latest_shadow(*, predictor: str, version: int) -> Shadow:
    """The one of this version that is open, or was last.

    Raises UnknownPredictor, UnknownVersion, NeverAShadow.
    """
    chosen = _chosen(predictor, version)
    found = Shadow.objects.of_version(chosen).with_numbers().first()
    if found is None:
        raise NeverAShadow(f"{chosen} has not been a shadow; POST sets it")
    return found


def shadows(*, predictor: str) -> list[Shadow]:
    """Newest first, ended ones too: the last 100. Raises UnknownPredictor."""
    return list(Shadow.objects.of(kind_of(predictor).predictor).with_numbers()[:100])


def score_all() -> int:
    """A turn for each open shadow; how many answers were computed."""
    return sum(scoring.score(shadow) for shadow in Shadow.objects.open().with_numbers())


def remove_old_answers() -> int:
    """Older than `HOUSING_SHADOW_DAYS`; how many."""
    oldest = datetime.now(UTC) - timedelta(days=settings.SHADOW_DAYS)
    return ShadowAnswer.objects.all().remove_before(oldest)


def _chosen(predictor: str, version: int) -> ModelVersion:
    return ModelVersion.objects.numbered(kind_of(predictor).predictor, version)
