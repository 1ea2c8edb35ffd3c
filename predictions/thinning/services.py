"""Of the versions that a predictor learned online, a few are kept: the files of the others go.

A version a minute is half a million a year. Their rows stay, for the history and the log name them.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncDate

from modelregistry.catalog import kind_of
from modelregistry.keeping import delete_unneeded_files, lock_predictor
from modelregistry.models import Activation, ModelVersion, ModelVersionQuerySet, ServingProcess
from modelregistry.services import mark_removed
from predictions.batches.models import Batch
from predictions.models import Prediction
from predictions.promotion.models import GuardIntervention
from predictions.shadow.models import Shadow
from predictions.training.models import TrainingRun

REASON = "learned online, no longer in the log, and no longer needed"
# So long after it ceased to answer: until then requests and tasks may still be at work with it.
REST = timedelta(hours=1)
NEWEST = 20
DAYS = 30
ROLLBACKS = 3
# In one run; the next goes on. Each takes some milliseconds, and the predictor's lock twice.
MOST_AT_ONCE = 2_000


def thin_versions(*, predictor: str, now: datetime, dry_run: bool = False) -> list[int]:
    """Remove the files of what nobody needs. Returns the numbers, oldest first.

    `dry_run`: of what would be removed. Raises UnknownPredictor, OSError (of the files' storage).
    """
    online = _online(kind_of(predictor).predictor)
    held = _kept(online, now) | _in_use(predictor)
    found = [
        version
        for version in _unneeded(online, held, now)[:MOST_AT_ONCE]
        if dry_run or _is_removed(version, now)
    ]
    if not dry_run:
        delete_unneeded_files(predictor=predictor)
    return [version.version for version in found]


def _is_removed(version: ModelVersion, now: datetime) -> bool:
    """Whether it is still not needed: then it is marked. Whoever begins to need it waits."""
    predictor = version.predictor
    with transaction.atomic():
        lock_predictor(predictor)
        still = _unneeded(_online(predictor), _in_use(predictor), now).filter(pk=version.pk)
        if not still.exists():
            return False
        mark_removed(version=version, reason=REASON)
    return True


def _online(predictor: str) -> ModelVersionQuerySet:
    """Learned online, and their files are there."""
    of = ModelVersion.objects.of(predictor)
    return of.filter(trained_on__online=True, gate=ModelVersion.Gate.PASSED)


def _kept(online: ModelVersionQuerySet, now: datetime) -> set[int]:
    """Keys of the newest, and of the last of each day."""
    dated = online.filter(created_at__gte=now - timedelta(days=DAYS))
    days = dated.values(day=TruncDate("created_at", tzinfo=UTC)).order_by()
    newest = online.order_by("-version").values_list("pk", flat=True)[:NEWEST]
    return {*newest, *days.annotate(last=Max("pk")).values_list("last", flat=True)}


def _in_use(predictor: str) -> set[int]:
    """Keys of versions that something else than the log needs."""
    held = set(Activation.objects.returned_to(predictor, limit=ROLLBACKS))
    for version in (
        Shadow.objects.open().values_list("model_version_id"),
        Batch.objects.unfinished().values_list("model_version_id"),
        TrainingRun.objects.open().exclude(version=None).values_list("version_id"),
        GuardIntervention.objects.values_list("version_id"),
        # One that could not take over what is active goes on, and what it answers is logged.
        ServingProcess.objects.exclude(model_version=None).values_list("model_version_id"),
    ):
        held.update(key for (key,) in version)
    return held


def _unneeded(online: ModelVersionQuerySet, held: set[int], now: datetime) -> ModelVersionQuerySet:
    """Neither held, nor named by the log, and at rest. Oldest first."""
    ceased = Activation.objects.filter(from_version=OuterRef("pk")).order_by("-id").values("at")
    # The next version in the index that is not smaller. Asked for the version itself, the planner
    # may think it common, and read the whole log until it has found that it is not there.
    logged = Prediction.objects.filter(model_version__gte=OuterRef("pk"))
    named = logged.order_by("model_version_id", "id").values("model_version_id")
    return (
        online.filter(is_active=False)
        .exclude(pk__in=held)
        .annotate(rested=Coalesce(Subquery(ceased[:1]), "created_at"))
        .filter(rested__lt=now - REST)
        .annotate(named=Subquery(named[:1]))
        .filter(Q(named=None) | ~Q(named=F("pk")))
        .order_by("version")
        .only("predictor", "version", "name")
    )
