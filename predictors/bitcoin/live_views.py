from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from predictions.access import Needs
from predictions.openapi import responses
from predictions.parsing import read_json
from predictions.rendering import respond
from predictions.views import JSONView
from predictors.bitcoin import documents
from predictors.bitcoin.accuracy import accuracy
from predictors.bitcoin.arriving import read_told
from predictors.bitcoin.live import MOST_MINUTES, live
from predictors.bitcoin.live_schemas import TOLD_BODY
from predictors.bitcoin.ml.targets import DEFAULT, FORECASTS
from predictors.bitcoin.queries import USUAL_MINUTES, USUAL_WINDOW, read_accuracy, read_live
from predictors.bitcoin.recording import record_seconds

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.

_INVALID = "`invalid-input`: every wrong parameter is in `errors`."
_TARGET = OpenApiParameter(
    "target",
    {"type": "string", "enum": list(FORECASTS), "default": DEFAULT},
    OpenApiParameter.QUERY,
    description="The current high is no forecast.",
)
_WINDOW = OpenApiParameter(
    "window",
    {"type": "string", "pattern": "^([0-9]{1,7}[smhd]|all)$", "default": USUAL_WINDOW},
    OpenApiParameter.QUERY,
    description="Up to now: when predictions were asked for. Up to 90d, or `all`.",
)
_MINUTES = OpenApiParameter(
    "minutes",
    {"type": "integer", "minimum": 1, "maximum": MOST_MINUTES, "default": USUAL_MINUTES},
    OpenApiParameter.QUERY,
    description="Up to the newest second, by the market's time.",
)
_AFTER = OpenApiParameter(
    "after",
    {"type": "string", "format": "date-time"},
    OpenApiParameter.QUERY,
    description="Only what is newer: the newest second that you know.",
)


class SecondsView(JSONView):
    writes = Needs(("train",), "bitcoin.add_second")

    @extend_schema(
        operation_id="record_bitcoin_seconds",
        summary="Say what was traded: one second, or a list of up to 10,000",
        tags=["bitcoin"],
        request=TOLD_BODY,
        responses=responses(
            "BitcoinRecorded",
            *(400, 401, 403, 411, 413, 415, 422, 503),
            _200="All are recorded, each once; predictions about them are resolved.",
            _413="`body-too-large`: at most `HOUSING_MAX_OUTCOMES` bytes (4 MiB).",
            _422="`invalid-input`: every fault is in `errors`; nothing is recorded.",
            _503="`seconds-busy`: others record many; `database-unavailable`. `Retry-After` says "
            "when to try again.",
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        sent = read_json(request._request, limit=settings.MAX_OUTCOMES_BYTES)
        told = read_told(sent.payload)
        who = request.user.get_username()
        done = record_seconds(
            seconds=told.seconds, names=told.names, recorded_by=who, is_patient=False
        )
        return respond(documents.recorded(done, sent=told.sent))


class AccuracyView(JSONView):
    reads = None  # how good it is, is public

    @extend_schema(
        operation_id="get_bitcoin_accuracy",
        summary="How far off the last forecasts were, beside the naive guesses",
        tags=["bitcoin"],
        parameters=[_WINDOW, _TARGET],
        responses=responses("BitcoinAccuracy", 422, 503, _422=_INVALID),
    )
    def get(self, request: Request) -> HttpResponse:
        return respond(documents.accuracy(accuracy(read_accuracy(request._request.GET))))


class LiveView(JSONView):
    reads = None

    @extend_schema(
        operation_id="get_bitcoin_live",
        summary="The last minutes: prices, and what was said of them",
        tags=["bitcoin"],
        parameters=[_MINUTES, _AFTER, _TARGET],
        responses=responses("BitcoinLive", 422, 503, _422=_INVALID),
    )
    def get(self, request: Request) -> HttpResponse:
        wanted = read_live(request._request.GET)
        found = live(minutes=wanted.minutes, after=wanted.after, target=wanted.target)
        return respond(documents.live(found))
