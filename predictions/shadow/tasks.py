from celery import shared_task

from predictions.shadow import services


# A model that does not come back takes nobody's place for long: its row is marked, others go on.
@shared_task(name="predictions.shadow.score", soft_time_limit=30, time_limit=60)
def score() -> int:
    """Every two seconds (`CELERY_BEAT_SCHEDULE`): what the shadows would have answered."""
    return services.score_all()


@shared_task(name="predictions.shadow.remove_old_answers")
def remove_old_answers() -> int:
    """Daily (`CELERY_BEAT_SCHEDULE`)."""
    return services.remove_old_answers()
