from django.urls import path

from predictions.training.views import CancelView, RunsView, RunView, TrainView

urlpatterns = [
    path("models/<str:predictor>/train/", TrainView.as_view(), name="model-train"),
    path("training/", RunsView.as_view(), name="training-runs"),
    path("training/<int:run>/", RunView.as_view(), name="training-run"),
    path("training/<int:run>/cancel/", CancelView.as_view(), name="training-run-cancel"),
]
