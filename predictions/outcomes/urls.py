from django.urls import path

from predictions.outcomes.views import AccuracyView, OutcomesView

urlpatterns = [
    path("outcomes/", OutcomesView.as_view(), name="outcomes"),
    path("accuracy/", AccuracyView.as_view(), name="accuracy"),
]
