from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from predictions.openapi import PREDICT_RESPONSES, request_schema_name
from predictions.parsing import Parsed, as_text
from predictions.schemas import ref
from predictions.views import PredictView
from predictors.bitcoin.decoding import TARGET, TARGET_FIELD
from predictors.bitcoin.windows import ENVELOPE

_TARGET = OpenApiParameter(
    TARGET,
    {"type": "string", "enum": list(TARGET_FIELD.choices)},
    OpenApiParameter.QUERY,
    description="As the member `target` of the body.",
)


def predicting(operation: str, **more: Any) -> Any:
    return extend_schema_view(
        post=extend_schema(
            operation_id=operation,
            tags=["bitcoin"],
            parameters=[_TARGET],
            request={"application/json": ref(request_schema_name("bitcoin", minimal=False))},
            responses=PREDICT_RESPONSES | {200: ref("BitcoinAnswer")},
            **more,
        )
    )


@predicting("predict_bitcoin", summary="The price of the next second that trades")
class BitcoinPredictView(PredictView):
    predictor_name = "bitcoin"

    def read(self, request: HttpRequest) -> Parsed:
        return in_envelope(super().read(request), request.GET.get(TARGET))


@predicting("predict", summary="The same at the address that the first clients know")
class FirstClientsPredictView(BitcoinPredictView):
    pass


def in_envelope(parsed: Parsed, target: str | None) -> Parsed:
    """An array alone, or a target in the query, become members of one object: so it is logged."""
    payload = parsed.payload
    if isinstance(payload, list):
        payload = {ENVELOPE: payload}
    if target is not None and isinstance(payload, dict):
        # Said twice, and not alike: the decoder refuses two, and both are in the log.
        said = payload.get(TARGET, target)
        payload = {**payload, TARGET: target if said == target else [said, target]}
    return parsed if payload is parsed.payload else Parsed(payload, as_text(payload))
