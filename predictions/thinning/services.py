"""Of the versions that a predictor learned online, a few are kept: the files of the others go.

A version a minute is half a million a year. Their rows stay, for the history and the log name them.
"""

from datetime import UTC, datetime, timedelta

from django.db.models import F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncDate

from modelregistry.catalog import kind_of
from modelregistry.errors import GateFailed, VersionInUse
from modelregistry.models import Activation, ModelVersion, ModelVersionQuerySet
from modelregistry.services import remove_files
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
# In one run; the next goes on. Each takes some milliseconds and the predictor's lock.
MOST_AT_ONCE = 2_000


def thin_versions(*, predictor: str, now: datetime, dry_run: bool = False) -> list[int]:
    """Remove the files of what nobody needs. Returns the numbers, oldest first.

    `dry_run`: of what would be removed. Raises UnknownPredictor.
    """
    online = _online(kind_of(predictor).predictor)
    done = []
    for version in _unneeded(online, _held(predictor, online, now), now)[:MOST_AT_ONCE]:
        if not dry_run:
            try:
                remove_files(version=version, reason=REASON)
            except (VersionInUse, GateFailed):  # activated, or thinned by somebody else, meanwhile
                continue
        done.append(version.version)
    return done


def _online(predictor: str) -> ModelVersionQuerySet:
    """Learned online, and their files are there."""
    of = ModelVersion.objects.of(predictor)
    return of.filter(trained_on__online=True, gate=ModelVersion.Gate.PASSED)


def _held(predictor: str, online: ModelVersionQuerySet, now: datetime) -> set[int]:
    """Keys of versions that are kept for some other reason than the log."""
    dated = online.filter(created_at__gte=now - timedelta(days=DAYS))
    days = dated.values(day=TruncDate("created_at", tzinfo=UTC)).order_by()
    held = set(Activation.objects.returned_to(predictor, limit=ROLLBACKS))
    held.update(online.order_by("-version").values_list("pk", flat=True)[:NEWEST])
    held.update(days.annotate(last=Max("pk")).values_list("last", flat=True))
    for version in (
        Shadow.objects.open().values_list("model_version_id"),
        Batch.objects.unfinished().values_list("model_version_id"),
        TrainingRun.objects.open().exclude(version=None).values_list("version_id"),
        GuardIntervention.objects.values_list("version_id"),
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
