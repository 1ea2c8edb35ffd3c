from django.apps import AppConfig


class ToyConfig(AppConfig):
    name = "tests.contract.toy"
    label = "toy"

    def ready(self) -> None:
        from predictions import catalog
        from tests.contract.toy.predictor import ToyPredictor

        catalog.register(ToyPredictor())
