from django.apps import AppConfig


class BitcoinConfig(AppConfig):
    name = "predictors.bitcoin"
    label = "bitcoin"
    verbose_name = "Bitcoin"

    def ready(self) -> None:
        from predictions import catalog
        from predictors.bitcoin.predictor import BitcoinPredictor

        catalog.register(BitcoinPredictor())
