from django.db import migrations


def offer(apps, schema_editor):
    """Weekly, switched off: to be switched on, or changed, in the admin.

    For the predictor that there was; `predictions.training.offering` does it for those since.
    """
    crontab, _ = apps.get_model("django_celery_beat", "CrontabSchedule").objects.get_or_create(
        minute="0", hour="3", day_of_week="0", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        name="retrain-homes",
        defaults={
            "task": "predictors.homes.tasks.retrain",
            "crontab": crontab,
            "enabled": False,
            "description": "Trains if the data has changed since the active version. "
            'Keyword arguments: {"recipe": "champion", "forced": true}, or some of it.',
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0001_training_runs"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(offer, migrations.RunPython.noop)]
