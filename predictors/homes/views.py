from drf_spectacular.utils import extend_schema, extend_schema_view

from predictions.openapi import (
    BULK_RESPONSES,
    IDEMPOTENCY_KEY,
    PREDICT_RESPONSES,
    PROBLEM,
    bulk_request_schema,
    include_parameter,
    request_schema_name,
)
from predictions.schemas import ref
from predictions.views import BulkPredictView, MinimalPredictView, PredictView
from predictors.homes.inclusion_schemas import INCLUSIONS

INCLUDE = include_parameter(list(INCLUSIONS))


@extend_schema_view(
    post=extend_schema(
        operation_id="value_home",
        summary="Value a home from all its 18 facts",
        tags=["homes"],
        parameters=[INCLUDE, IDEMPOTENCY_KEY],
        request={"application/json": ref(request_schema_name("homes", minimal=False))},
        responses=PREDICT_RESPONSES,
    )
)
class HomePredictView(PredictView):
    predictor_name = "homes"


@extend_schema_view(
    post=extend_schema(
        operation_id="value_home_minimal",
        summary="Value a home from what the active model needs",
        tags=["homes"],
        parameters=[INCLUDE, IDEMPOTENCY_KEY],
        request={"application/json": ref(request_schema_name("homes", minimal=True))},
        responses=PREDICT_RESPONSES,
    ),
    get=extend_schema(
        operation_id="required_home_facts",
        summary="What the active model needs now",
        tags=["homes"],
        responses={200: ref("RequiredNow"), (503, PROBLEM): ref("Problem")},
    ),
)
class HomeMinimalPredictView(MinimalPredictView):
    predictor_name = "homes"


@extend_schema_view(
    post=extend_schema(
        operation_id="value_homes",
        summary="Value up to 1,000 homes at once, each with its own answer or refusal",
        tags=["homes"],
        parameters=[INCLUDE, IDEMPOTENCY_KEY],
        request={"application/json": bulk_request_schema("homes")},
        responses=BULK_RESPONSES,
    )
)
class HomeBulkPredictView(BulkPredictView):
    predictor_name = "homes"
