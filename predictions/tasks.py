from celery import shared_task

from predictions import services


@shared_task(name="predictions.train_version")
def train_version(predictor_name: str, recipe: str = "", activate: bool = False) -> int:
    """Train in a worker; the number of the registered version."""
    version = services.train_version(
        predictor_name=predictor_name, recipe=recipe, activate=activate, created_by="worker"
    )
    return version.version
