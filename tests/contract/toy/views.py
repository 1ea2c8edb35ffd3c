from drf_spectacular.utils import extend_schema, extend_schema_view

from predictions.openapi import PREDICT_RESPONSES, request_schema_name
from predictions.schemas import ref
from predictions.views import PredictView


@extend_schema_view(
    post=extend_schema(
        operation_id="weigh_box",
        summary="What a wooden box weighs",
        tags=["toy"],
        request={"application/json": ref(request_schema_name("toy", minimal=False))},
        responses=PREDICT_RESPONSES,
    )
)
class ToyPredictView(PredictView):
    predictor_name = "toy"
