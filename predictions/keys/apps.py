from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "predictions.keys"
    verbose_name = "API keys"
