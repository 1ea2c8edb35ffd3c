from django.apps import AppConfig


class HomesConfig(AppConfig):
    name = "predictors.homes"
    label = "homes"
    verbose_name = "Homes"

    def ready(self) -> None:
        from predictions import catalog
        from predictors.homes.predictor import HomesPredictor

        catalog.register(HomesPredictor())
