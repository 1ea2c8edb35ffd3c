from celery import shared_task

from ops.usage import services


@shared_task(name="ops.usage.remove_old_counts")
def remove_old_counts() -> int:
    """Daily (`CELERY_BEAT_SCHEDULE`)."""
    return services.remove_old_counts()
