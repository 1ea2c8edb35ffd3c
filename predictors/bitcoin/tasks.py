from celery import shared_task

from predictions.training.services import request_scheduled_run


@shared_task(name="predictors.bitcoin.tasks.retrain")
def retrain(recipe: str = "", forced: bool = False) -> int | None:
    """For schedules (admin: periodic tasks): queue a run; its number, unless one is open."""
    return request_scheduled_run(predictor="bitcoin", recipe=recipe, forced=forced)
