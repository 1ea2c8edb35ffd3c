from celery import shared_task

from predictions.training.services import request_scheduled_run


@shared_task(name="predictors.homes.tasks.retrain")
def retrain(recipe: str = "", forced: bool = False) -> int | None:
    """For schedules (admin: periodic tasks): queue a run; its number, unless one is open."""
    return request_scheduled_run(predictor="homes", recipe=recipe, forced=forced)
