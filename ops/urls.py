from django.urls import include, path

from ops.views import LivezView, MetricsView, ReadyzView, VersionView

urlpatterns = [
    path("livez", LivezView.as_view(), name="livez"),
    path("readyz", ReadyzView.as_view(), name="readyz"),
    path("metrics", MetricsView.as_view(), name="metrics"),
    path("api/version/", VersionView.as_view(), name="version"),
    path("", include("ops.usage.urls")),
]
