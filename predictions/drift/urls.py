from django.urls import path

from predictions.drift.views import ReportsView, ReportView

urlpatterns = [
    path("drift/", ReportsView.as_view(), name="drift"),
    path("drift/<int:report>/", ReportView.as_view(), name="drift-report"),
]
