from django.urls import path

from predictions.promotion.views import PolicyView, PromotionView

urlpatterns = [
    path("models/<str:predictor>/policy/", PolicyView.as_view(), name="promotion-policy"),
    path(
        "models/<str:predictor>/<int:version>/promotion/",
        PromotionView.as_view(),
        name="model-promotion",
    ),
]
