from django.apps import AppConfig


class LoginsConfig(AppConfig):
    """Of staff. django-axes counts wrong passwords, in tables of its own."""

    name = "predictions.logins"
    verbose_name = "Logins"
