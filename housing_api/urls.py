from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    # First, because they are asked most: each pattern before them costs them a look.
    *(path("", include(f"{app}.urls")) for app in settings.PREDICTOR_APPS),
    path("", include("ops.urls")),
    path("", include("console.urls")),
    path("api/", include("predictions.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "predictions.problems.bad_request"
handler403 = "predictions.problems.forbidden"
handler404 = "predictions.problems.not_found"
handler500 = "predictions.problems.server_error"
