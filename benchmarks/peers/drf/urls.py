from django.urls import path
from homes.views import PredictView

urlpatterns = [path("api/predict/", PredictView.as_view())]
