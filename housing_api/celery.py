"""The Celery application: `celery -A housing_api.celery worker`."""

import logging
import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import (
    after_task_publish,
    before_task_publish,
    setup_logging,
    worker_process_init,
    worker_process_shutdown,
)
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "housing_api.settings")


class TaskLogStep(DjangoStructLogInitStep):
    """Each task goes on with the id of the request that sent it, and its end is logged."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        # What is sent is told in every process (DJANGO_STRUCTLOG_CELERY_ENABLED): once is enough.
        before_task_publish.disconnect(self.receiver.receiver_before_task_publish)
        after_task_publish.disconnect(self.receiver.receiver_after_task_publish)


app = Celery("housing_api")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(TaskLogStep)


@setup_logging.connect
def _keep_logging(loglevel: int | str, **_: Any) -> None:
    """Django's LOGGING holds in workers too; `--loglevel` is for what Celery itself says."""
    logging.getLogger("celery").setLevel(loglevel)


@worker_process_init.connect
def _start_tracing(**_: Any) -> None:
    if settings.TRACED:
        import_module("ops.tracing").start(service="valuation-worker")


@worker_process_shutdown.connect
def _stop_tracing(**_: Any) -> None:
    if settings.TRACED:
        import_module("ops.tracing").stop()
