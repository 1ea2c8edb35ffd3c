from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "housing_api"

    def ready(self) -> None:
        # Who sends a task, in whichever process, sends it to our broker.
        from housing_api import celery  # noqa: F401
