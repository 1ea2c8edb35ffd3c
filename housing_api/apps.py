import logging

from django.apps import AppConfig
from django.conf import settings

from housing_api.logs import configure_structlog


class ProjectConfig(AppConfig):
    name = "housing_api"

    def ready(self) -> None:
        configure_structlog()
        # Else they are several lines, and none of them JSON.
        logging.captureWarnings(settings.LOG_FORMAT == "json")
        # Who sends a task, in whichever process, sends it to our broker.
        from housing_api import celery  # noqa: F401
