from django.apps import AppConfig


class DriftConfig(AppConfig):
    name = "predictions.drift"
    verbose_name = "Drift"
