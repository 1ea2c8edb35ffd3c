from celery import shared_task

from predictions import partitions


@shared_task(name="predictions.make_partitions")
def make_partitions() -> list[str]:
    """Daily (`CELERY_BEAT_SCHEDULE`): the log's months ahead; those that were missing."""
    return [f"{month:%Y-%m}" for month in partitions.make_partitions()]
