from celery import shared_task

from predictions.outcomes import intervals


@shared_task(name="predictions.outcomes.add_intervals")
def add_intervals() -> int:
    """For all outcomes that wait for it; how many there were. Every 30 seconds, and when sent."""
    return intervals.add_intervals()
