from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from predictions.access import Needs
from predictions.idempotency.answering import answer_once
from predictions.openapi import (
    IDEMPOTENCY_KEY,
    KEY_CONFLICT,
    KEY_MISMATCH,
    MALFORMED_KEY,
    responses,
)
from predictions.outcomes import documents, parameters
from predictions.outcomes.accuracy import accuracy
from predictions.outcomes.decoding import read_outcomes, read_wanted
from predictions.outcomes.reporting import record
from predictions.rendering import respond
from predictions.views import JSONView, asker

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.


class OutcomesView(JSONView):
    # The next model learns from them.
    writes = Needs(("train",), "outcomes.add_outcome")

    @extend_schema(
        operation_id="record_outcomes",
        summary="Say what became of predictions: one, a list of up to 10,000, or a CSV",
        tags=["outcomes"],
        parameters=[parameters.PREDICTOR, parameters.MATCH_WINDOW, IDEMPOTENCY_KEY],
        request=parameters.BODY,
        responses=responses(
            "OutcomesRecorded",
            *(400, 401, 403, 409, 411, 413, 415, 422, 503),
            _200="What became of each; of a list some may be refused.",
            _400="`malformed-json`: the body cannot be read as JSON, or is not UTF-8. "
            f"{MALFORMED_KEY}",
            _409=KEY_CONFLICT,
            _413="`body-too-large`: at most `HOUSING_MAX_OUTCOMES` bytes (4 MiB).",
            _415="`unsupported-media-type`: send application/json or text/csv.",
            _422="`invalid-input`: one outcome is refused, or the list or the CSV as a whole; "
            f"nothing is recorded. {KEY_MISMATCH}",
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        sent = read_outcomes(request._request)

        def answer() -> HttpResponse:
            results = record(sent, recorded_by=request.user.get_username())
            return respond(documents.recorded(results))

        return answer_once(
            request._request,
            caller=asker(request._request, request.user),
            content=request._request.body,
            answer=answer,
        )


class AccuracyView(JSONView):
    @extend_schema(
        operation_id="get_accuracy",
        summary="How far off predictions were, by what became of them",
        tags=["outcomes"],
        parameters=parameters.ACCURACY,
        responses=responses(
            "Accuracy",
            *(404, 422, 503),
            _404="`unknown-version`.",
            _422="`invalid-input`: every wrong parameter is in `errors`.",
        ),
    )
    def get(self, request: Request) -> HttpResponse:
        return respond(documents.accuracy(accuracy(read_wanted(request._request.GET))))
