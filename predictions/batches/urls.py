from django.urls import path

from predictions.batches.views import BatchesView, BatchView, CancelView, ResultsView

urlpatterns = [
    path("batches/", BatchesView.as_view(), name="batches"),
    path("batches/<uuid:batch>/", BatchView.as_view(), name="batch"),
    path("batches/<uuid:batch>/cancel/", CancelView.as_view(), name="batch-cancel"),
    path("batches/<uuid:batch>/results/", ResultsView.as_view(), name="batch-results"),
]
