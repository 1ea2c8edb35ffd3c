from django.urls import include, path

from predictions.views import DocumentationView, RecordedPredictionView, SchemaView

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocumentationView.as_view(url_name="schema"), name="docs"),
    path("predictions/<str:prediction>/", RecordedPredictionView.as_view(), name="prediction"),
    # Before the versions' own, which take any name behind a predictor's.
    path("", include("predictions.training.urls")),
    path("", include("predictions.promotion.urls")),
    path("", include("predictions.shadow.urls")),
    path("", include("predictions.batches.urls")),
    path("", include("predictions.outcomes.urls")),
    path("", include("predictions.drift.urls")),
    path("models/", include("predictions.versions.urls")),
]
