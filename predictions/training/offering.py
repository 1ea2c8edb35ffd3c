"""Schedules for training again, offered to operators."""

from django.conf import settings
from django_celery_beat.models import CrontabSchedule, PeriodicTask

DESCRIPTION = (
    "Trains if the data has changed since the active version. "
    'Keyword arguments: {"recipe": "…", "forced": true}, or some of it.'
)


def offer_schedules() -> None:
    """One for each predictor, weekly, switched off: to be switched on, or changed, in the admin."""
    crontab = None
    for app in settings.PREDICTOR_APPS:
        name = f"retrain-{app.rpartition('.')[2]}"
        if PeriodicTask.objects.filter(name=name).exists():
            continue
        crontab = crontab or _weekly()
        PeriodicTask.objects.create(
            name=name,
            task=f"{app}.tasks.retrain",
            crontab=crontab,
            enabled=False,
            description=DESCRIPTION,
        )


def _weekly() -> CrontabSchedule:
    moment = {"minute": "0", "hour": "3", "day_of_week": "0", "day_of_month": "*"}
    found, _ = CrontabSchedule.objects.get_or_create(**moment, month_of_year="*", timezone="UTC")
    return found
