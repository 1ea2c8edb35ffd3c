from django.urls import path

from predictions.shadow.views import ShadowsView, ShadowView

urlpatterns = [
    path("models/<str:predictor>/shadows/", ShadowsView.as_view(), name="model-shadows"),
    path("models/<str:predictor>/<int:version>/shadow/", ShadowView.as_view(), name="model-shadow"),
]
