from django.urls import path

from console.views import BitcoinPage, EstimatorPage

urlpatterns = [
    path("", EstimatorPage.as_view(), name="home"),
    path("console/bitcoin/", BitcoinPage.as_view(), name="console-bitcoin"),
]
