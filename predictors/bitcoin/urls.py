from django.urls import path

from predictors.bitcoin.views import BitcoinPredictView, FirstClientsPredictView

urlpatterns = [
    # As the clients of the handed-over service have it, without a slash at the end.
    path("predict", FirstClientsPredictView.as_view(), name="predict"),
    path("api/bitcoin/predict/", BitcoinPredictView.as_view(), name="bitcoin-predict"),
]
