from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "predictions.training"
    verbose_name = "Training"
