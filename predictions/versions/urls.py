from django.urls import path

from predictions.versions.views import (
    ActivateView,
    PredictorsView,
    RollbackView,
    ServingView,
    VersionsView,
    VersionView,
)

urlpatterns = [
    path("", PredictorsView.as_view(), name="models"),
    path("<str:predictor>/", VersionsView.as_view(), name="model-versions"),
    path("<str:predictor>/serving/", ServingView.as_view(), name="model-serving"),
    path("<str:predictor>/rollback/", RollbackView.as_view(), name="model-rollback"),
    path("<str:predictor>/<int:version>/", VersionView.as_view(), name="model-version"),
    path("<str:predictor>/<int:version>/activate/", ActivateView.as_view(), name="model-activate"),
]
