from celery import shared_task

from predictions.drift import services


@shared_task(name="predictions.drift.check")
def check() -> list[int]:
    """Hourly (`CELERY_BEAT_SCHEDULE`): the reports that were made."""
    return [report.pk for report in services.check_all()]
