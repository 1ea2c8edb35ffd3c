"""Saying that an alert has begun: a line in the log, and a webhook if the policy names one."""

import http.client
import logging
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.urls import reverse

from predictions.drift.judging import in_words
from predictions.drift.models import DriftPolicy, DriftReport

logger = logging.getLogger(__name__)

SECONDS = 5
WORST = 5


def tell(*, since: datetime) -> None:
    """What has begun and was not told. A worker killed in between tells it again, not never."""
    with transaction.atomic():
        waiting = DriftReport.objects.to_be_told(since).select_related("version")
        for report in waiting.select_for_update(skip_locked=True, of=("self",)):
            _tell(report)


def _tell(report: DriftReport) -> None:
    logger.warning("%s", line_of(report))
    policy = DriftPolicy.objects.filter(predictor=report.version.predictor).first()
    if policy is not None and policy.webhook_url:
        report.webhook = _post(policy.webhook_url, message_of(report))
    report.told_at = datetime.now(report.window_to.tzinfo)
    report.save(update_fields=["told_at", "webhook"])


def line_of(report: DriftReport) -> str:
    reasons = [in_words(reason) for reason in report.reasons]
    more = f"; and {len(reasons) - WORST} more" if len(reasons) > WORST else ""
    version = report.version
    return (
        f"drift: {version.predictor} {version.version}, report {report.pk}, "
        f"{report.counted} different requests: {'; '.join(reasons[:WORST])}{more}"
    )


def message_of(report: DriftReport) -> dict[str, Any]:
    return {
        "event": "drift",
        "predictor": report.version.predictor,
        "version": report.version.version,
        "report": reverse("drift-report", args=[report.pk]),
        "window_from": report.window_from,
        "window_to": report.window_to,
        "requests": report.requests,
        "reasons": report.reasons,
        "text": line_of(report),
    }


def _post(url: str, message: dict[str, Any]) -> str:
    """What came of it, in words. Follows no redirects, reads no answer: the address is staff's.

    Never raises: an alert that cannot be delivered is in the log and in the report.
    """
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    try:
        if parts.username is not None:
            raise ValueError("an address with a user in it")
        connection = kinds[parts.scheme](parts.hostname or "", parts.port, timeout=SECONDS)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        body = DjangoJSONEncoder().encode(message).encode()
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
        # Without the address: it may hold a secret.
        logger.warning("drift: the webhook failed: %s: %s", type(error).__name__, error)
        return f"failed: {type(error).__name__}"[:200]
    if not 200 <= status < 300:
        logger.warning("drift: the webhook answered %s", status)
    return f"answered {status}"
