from celery import shared_task

from predictions.training import services
from predictions.training.carrying_out import decide_late
from predictions.training.supervising import supervise


@shared_task(name=services.RUN)
def run(run_id: int) -> None:
    """On the queue `training`. A message that comes twice, or late, changes nothing."""
    services.look_after_running("")  # it may be told again because its worker was killed
    supervise(run_id)


@shared_task(name=services.DECIDE)
def decide(run_id: int) -> None:
    """On the queue `training`: for a run whose process was killed before it could."""
    decide_late(run_id)


@shared_task(name="predictions.training.retrain")
def retrain(predictor: str, recipe: str = "", forced: bool = False) -> int | None:
    """For schedules (admin: periodic tasks): queue a run; its number, unless one is open."""
    return services.request_scheduled_run(predictor=predictor, recipe=recipe, forced=forced)


@shared_task(name="predictions.training.look_after")
def look_after() -> None:
    """Every few seconds (`CELERY_BEAT_SCHEDULE`), on the queue `default`."""
    services.look_after()
