from django.urls import include, path

from predictions.views import DocumentationView, SchemaView

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocumentationView.as_view(url_name="schema"), name="docs"),
    path("models/", include("predictions.versions.urls")),
]
