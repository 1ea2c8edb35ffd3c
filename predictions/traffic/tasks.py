import logging

from celery import shared_task

from predictions.traffic import services

logger = logging.getLogger(__name__)


# What one that is lost did not count, the next one does.
@shared_task(name="predictions.traffic.count_up", soft_time_limit=60, time_limit=90)
def count_up() -> int:
    """Every ten seconds (`CELERY_BEAT_SCHEDULE`): what was written to the log since."""
    return services.count_up()


# What one that was ended had begun to count again, the next one does.
@shared_task(name="predictions.traffic.compare", soft_time_limit=600, time_limit=660)
def compare() -> None:
    """Hourly (`CELERY_BEAT_SCHEDULE`): whether the counts are those of the log."""
    for day in services.count_differing_again():
        logger.warning("traffic of %s was counted again: it differed from the log", day)
