from celery import shared_task

from predictions import partitions, services


@shared_task(name="predictions.train_version")
def train_version(predictor_name: str, recipe: str = "", activate: bool = False) -> int:
    """Train in a worker; the number of the registered version."""
    version = services.train_version(
        predictor_name=predictor_name, recipe=recipe, activate=activate, created_by="worker"
    )
    return version.version


@shared_task(name="predictions.make_partitions")
def make_partitions() -> list[str]:
    """Daily (`CELERY_BEAT_SCHEDULE`): the log's months ahead; those that were missing."""
    return [f"{month:%Y-%m}" for month in partitions.make_partitions()]
