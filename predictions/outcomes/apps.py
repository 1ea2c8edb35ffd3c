from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "predictions.outcomes"
    verbose_name = "Outcomes"
