from django.urls import path

from console.operations.views import OperationsPage
from console.views import BitcoinPage, EstimatorPage

urlpatterns = [
    path("", EstimatorPage.as_view(), name="home"),
    path("console/bitcoin/", BitcoinPage.as_view(), name="console-bitcoin"),
    path("console/operations/", OperationsPage.as_view(), name="console-operations"),
]
