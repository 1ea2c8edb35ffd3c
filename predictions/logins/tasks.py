from celery import shared_task

from predictions.logins import services


@shared_task(name="predictions.logins.forget_old_attempts")
def forget_old_attempts() -> None:
    services.forget_old_attempts()
