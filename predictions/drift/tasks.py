from celery import shared_task

from predictions.drift import services


# A webhook that is answered byte by byte does not hold the worker for ever.
@shared_task(name="predictions.drift.check", soft_time_limit=600, time_limit=660)
def check() -> list[int]:
    """Hourly (`CELERY_BEAT_SCHEDULE`): the reports that were made."""
    return [report.pk for report in services.check_all()]
