from django.apps import AppConfig


class PromotionConfig(AppConfig):
    name = "predictions.promotion"
    verbose_name = "Promotion"
