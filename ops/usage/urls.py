from django.urls import path

from ops.usage.views import UsageView

urlpatterns = [path("api/usage/", UsageView.as_view(), name="usage")]
