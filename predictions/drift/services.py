"""Comparing what is asked of the active versions with what they learned from."""

import logging
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from learning.drift import compare
from modelregistry.errors import DomainError
from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.drift import judging
from predictions.drift.errors import UnknownReport
from predictions.drift.models import DriftPolicy, DriftReport, TrainingProfile
from predictions.drift.profiles import profile_for
from predictions.drift.telling import tell
from predictions.drift.window import Window, read_window

logger = logging.getLogger(__name__)

LEAST_GAP = timedelta(minutes=1)
"""Between reports on one version: a message that came twice makes one."""
TELL_WITHIN = timedelta(days=1)
KEPT = timedelta(days=90)
LISTED = 30


def keep_profile(*, version: ModelVersion) -> None:
    """To be called once a version is trained, while the tables still hold what it learned from.

    Does nothing if it is there. Never fails a training: what could not be made now is made, and
    marked so, at the version's first check.
    """
    try:
        profile_for(version, TrainingProfile.Source.TRAINING)
    except DomainError as error:
        logger.warning("no training profile of %s yet: %s", version, error.detail)


def check_all() -> list[DriftReport]:
    """Every predictor; what fails for one is logged and does not keep the others from it."""
    made = []
    for predictor in catalog.all_predictors():
        try:
            report = check(predictor_name=predictor.name)
        except DomainError as error:
            logger.warning("drift of %s was not looked at: %s", predictor.name, error.detail)
        except Exception:
            logger.exception("drift of %s was not looked at", predictor.name)
        else:
            made += [report] if report else []
    return made


def check(*, predictor_name: str, now: datetime | None = None) -> DriftReport | None:
    """Compare, keep the report, tell what begins.

    None: nothing is active, the policy says no, or there is a report already. Raises
    UnknownPredictor, NotReady, ModelUnavailable.
    """
    predictor = catalog.get(predictor_name)
    now = now or datetime.now(UTC)
    policy = policy_of(predictor_name)
    version = ModelVersion.objects.active(predictor_name).first()
    if version is None or not policy.enabled:
        return None
    known = profile_for(version, TrainingProfile.Source.LATER)
    window = read_window(version, now - timedelta(hours=policy.window_hours), now)
    report = _compared(version, known, window, policy)
    if known.reference_fingerprint != predictor.reference_fingerprint():
        report.reference_changed = True
        report.reasons.append({"reason": judging.REFERENCE})
    report.is_alert = bool(report.reasons)
    kept = _keep(report)
    tell(since=now - TELL_WITHIN)
    DriftReport.objects.old(now - KEPT).delete()
    if kept:
        report.refresh_from_db()
    return report if kept else None


def _compared(
    version: ModelVersion, known: TrainingProfile, window: Window, policy: DriftPolicy
) -> DriftReport:
    """Not saved; with the reasons that lie in the requests."""
    profile = known.read
    predictor = catalog.get(version.predictor)
    seen = predictor.monitored(version.feature_names, window.rows, window.predictions)
    comparison = compare(
        profile,
        rows=seen.rows,
        predictions=seen.predictions,
        false_alarms=policy.false_alarms,
    )
    optional = {name: column.optional for name, column in profile.features.items()}
    features = judging.features_of(comparison, policy, optional)
    prediction = judging.figures_of(comparison.prediction, policy)
    is_judged = comparison.rows >= policy.least_requests
    return DriftReport(
        version=version,
        window_from=window.start,
        window_to=window.end,
        requests=len(window.rows),
        refused=window.refused,
        counted=comparison.rows,
        is_sample=window.is_sample,
        is_judged=is_judged,
        features=features,
        prediction=prediction,
        reference_changed=False,
        reasons=judging.reasons_in(features, prediction, policy) if is_judged else [],
    )


def _keep(report: DriftReport) -> bool:
    """Whether there was none yet; one after the other, so that an alert begins once."""
    reports = DriftReport.objects.filter(version=report.version)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('predictions.drift'))")
        if reports.filter(window_to__gt=report.window_to - LEAST_GAP).exists():
            return False
        report.begins = bool(_kinds(report) - _kinds_before(report.version))
        report.save()
    return True


def _kinds(report: DriftReport) -> set[str]:
    return {reason["reason"] for reason in report.reasons}


def _kinds_before(version: ModelVersion) -> set[str]:
    """Of the alert that goes on. A quiet night between, with too few requests, does not end it."""
    reports = DriftReport.objects.filter(version=version).newest_first()
    newest, judged = reports.first(), reports.filter(is_judged=True).first()
    found = _kinds(judged) - {judging.REFERENCE} if judged else set()
    return found | ({judging.REFERENCE} if newest and newest.reference_changed else set())


def policy_of(predictor_name: str) -> DriftPolicy:
    """The predictor's, or one with the defaults."""
    policy = DriftPolicy.objects.filter(predictor=predictor_name).first()
    return policy or DriftPolicy(predictor=predictor_name)


def newest_reports() -> list[DriftReport]:
    """One per predictor that has any."""
    found = [
        DriftReport.objects.of(predictor.name).newest_first().first()
        for predictor in catalog.all_predictors()
    ]
    return [report for report in found if report is not None]


def reports_of(*, predictor_name: str) -> list[DriftReport]:
    """The newest first. Raises UnknownPredictor."""
    catalog.get(predictor_name)
    return list(DriftReport.objects.of(predictor_name).newest_first()[:LISTED])


def report_of(*, number: int) -> DriftReport:
    """Raises UnknownReport."""
    try:
        return DriftReport.objects.newest_first().get(pk=number)
    except DriftReport.DoesNotExist:
        raise UnknownReport(f"there is no drift report {number}") from None
