from django.urls import path

from predictors.bitcoin.live_views import AccuracyView, LiveView, SecondsView
from predictors.bitcoin.online.views import TeachView
from predictors.bitcoin.views import BitcoinPredictView, FirstClientsPredictView

urlpatterns = [
    # As the clients of the handed-over service have it, without a slash at the end.
    path("predict", FirstClientsPredictView.as_view(), name="predict"),
    path("api/bitcoin/predict/", BitcoinPredictView.as_view(), name="bitcoin-predict"),
    path("api/bitcoin/seconds/", SecondsView.as_view(), name="bitcoin-seconds"),
    path("api/bitcoin/accuracy/", AccuracyView.as_view(), name="bitcoin-accuracy"),
    path("api/bitcoin/live/", LiveView.as_view(), name="bitcoin-live"),
    path("api/bitcoin/train/", TeachView.as_view(), name="bitcoin-train"),
]
