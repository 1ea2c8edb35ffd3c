from django.apps import AppConfig


class ThinningConfig(AppConfig):
    name = "predictions.thinning"
    verbose_name = "Thinning of versions that were learned online"
