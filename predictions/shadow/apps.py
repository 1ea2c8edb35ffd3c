from django.apps import AppConfig


class ShadowConfig(AppConfig):
    name = "predictions.shadow"
    verbose_name = "Shadow"
