from django.apps import AppConfig


class BatchesConfig(AppConfig):
    name = "predictions.batches"
    verbose_name = "Batches"
