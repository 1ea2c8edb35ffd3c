from django.urls import path

from predictors.homes.atlas_views import ExamplesView, ZipcodesView
from predictors.homes.views import HomeBulkPredictView, HomeMinimalPredictView, HomePredictView

urlpatterns = [
    path("api/predict/", HomePredictView.as_view(), name="homes-predict"),
    path("api/predict/minimal/", HomeMinimalPredictView.as_view(), name="homes-predict-minimal"),
    path("api/predict/bulk/", HomeBulkPredictView.as_view(), name="homes-predict-bulk"),
    path("api/homes/examples/", ExamplesView.as_view(), name="homes-examples"),
    path("api/homes/zipcodes/", ZipcodesView.as_view(), name="homes-zipcodes"),
]
