from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "predictions.idempotency"
    verbose_name = "Idempotency keys"
