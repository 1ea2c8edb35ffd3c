from celery import shared_task

from predictions.training.services import request_scheduled_run


@shared_task(name="predictors.homes.tasks.retrain")
def retrain(recipe: str = "", forced: bool = False) -> int | None:
    """As `predictions.training.retrain`: schedules that were made before that one name this."""
    return request_scheduled_run(predictor="homes", recipe=recipe, forced=forced)
