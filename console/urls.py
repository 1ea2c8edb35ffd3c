from django.urls import path

from console.views import BitcoinPage

urlpatterns = [
    path("console/bitcoin/", BitcoinPage.as_view(), name="console-bitcoin"),
]
