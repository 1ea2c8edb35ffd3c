from django.urls import path

from tests.contract.toy.views import ToyPredictView

urlpatterns = [path("api/toy/predict/", ToyPredictView.as_view(), name="toy-predict")]
