from typing import Any

from django.http import HttpRequest, QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from predictions.inclusions import PARAMETER
from predictions.openapi import IDEMPOTENCY_KEY, PREDICT_RESPONSES, request_schema_name
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
            parameters=[_TARGET, IDEMPOTENCY_KEY],
            request={"application/json": ref(request_schema_name("bitcoin", minimal=False))},
            responses=PREDICT_RESPONSES | {200: ref("BitcoinAnswer")},
            **more,
        )
    )


@predicting("predict_bitcoin", summary="The price of the next second that trades")
class BitcoinPredictView(PredictView):
    predictor_name = "bitcoin"

    def read(self, request: HttpRequest) -> Parsed:
        # Most have no query, and then nothing is parsed.
        query = request.GET if request.META.get("QUERY_STRING") else None
        return in_envelope(super().read(request), query)


@predicting("predict", summary="The same at the address that the first clients know")
class FirstClientsPredictView(BitcoinPredictView):
    pass


def in_envelope(parsed: Parsed, query: QueryDict | None) -> Parsed:
    """An array alone, and what is in the query, become members of one object: so it is logged.

    What is refused there is, too: `?targets=x` becomes a member of that name, which is unknown.
    """
    payload = parsed.payload
    if isinstance(payload, list):
        payload = {ENVELOPE: payload}
    if query and isinstance(payload, dict):
        unknown = {f"?{name}": query[name] for name in query if name not in (TARGET, PARAMETER)}
        payload = {**payload, **unknown}
        said = [payload[TARGET]] if TARGET in payload else []
        said += [target for target in dict.fromkeys(query.getlist(TARGET)) if target not in said]
        if said:  # twice, and not alike: the decoder refuses two, and both are in the log
            payload[TARGET] = said[0] if len(said) == 1 else said
    return parsed if payload is parsed.payload else Parsed(payload, as_text(payload))
