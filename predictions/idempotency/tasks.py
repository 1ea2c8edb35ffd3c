from celery import shared_task

from predictions.idempotency import services


@shared_task(name="predictions.idempotency.remove_old_answers")
def remove_old_answers() -> int:
    """Every hour (`CELERY_BEAT_SCHEDULE`)."""
    return services.remove_old_answers()
