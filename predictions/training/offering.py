"""Schedules for training again, offered to operators."""

import json

from django_celery_beat.models import CrontabSchedule, PeriodicTask

from predictions import catalog

DESCRIPTION = (
    "Trains if the data has changed since the active version. "
    'Keyword arguments: {"predictor": "…"}, and {"recipe": "…", "forced": true} or some of it.'
)


def offer_schedules() -> None:
    """One for each predictor, weekly, switched off: to be switched on, or changed, in the admin."""
    crontab = None
    for predictor in catalog.all_predictors():
        name = f"retrain-{predictor.name}"
        if PeriodicTask.objects.filter(name=name).exists():
            continue
        crontab = crontab or _weekly()
        PeriodicTask.objects.create(
            name=name,
            task="predictions.training.retrain",
            kwargs=json.dumps({"predictor": predictor.name}),
            crontab=crontab,
            enabled=False,
            description=DESCRIPTION,
        )


def _weekly() -> CrontabSchedule:
    moment = {"minute": "0", "hour": "3", "day_of_week": "0", "day_of_month": "*"}
    found = CrontabSchedule.objects.filter(**moment, month_of_year="*", timezone="UTC")
    # Somebody may have made the same twice in the admin.
    return found.first() or found.create(**moment, month_of_year="*", timezone="UTC")
