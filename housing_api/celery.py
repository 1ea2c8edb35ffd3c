"""The Celery application: `celery -A housing_api.celery worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "housing_api.settings")

app = Celery("housing_api")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
