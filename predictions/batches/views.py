import uuid

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from predictions.access import BATCHES
from predictions.batches import documents, services
from predictions.batches.assembling import open_results
from predictions.batches.decoding import CSV, FORM, JSON_LINES, receive_batch, result_format
from predictions.batches.formats import FORMATS, results_as
from predictions.batches.models import Batch
from predictions.openapi import (
    IDEMPOTENCY_KEY,
    KEY_CONFLICT,
    KEY_MISMATCH,
    MALFORMED_KEY,
    PROBLEM,
    responses,
)
from predictions.rendering import respond
from predictions.schemas import ref
from predictions.views import JSONView, asker

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.

BATCH = OpenApiParameter("batch", OpenApiTypes.UUID, OpenApiParameter.PATH, description="its id")
_TEXT = {"type": "string", "format": "binary"}


class BatchesView(JSONView):
    writes = BATCHES

    @extend_schema(
        operation_id="create_batch",
        summary="Score a file: CSV or JSON lines, up to a million rows",
        tags=["batches"],
        parameters=[
            OpenApiParameter(
                "model",
                {"type": "string", "pattern": "^(active|[0-9]{1,9})$", "default": "active"},
                description="the version that answers all rows",
            ),
            OpenApiParameter(
                "predictor",
                {"type": "string"},
                description="left out, it is the first one of the service",
            ),
            IDEMPOTENCY_KEY,
        ],
        request={CSV: _TEXT, **dict.fromkeys(JSON_LINES, _TEXT), FORM: ref("BatchUpload")},
        responses=responses(
            "Batch",
            *(400, 404, 409, 413, 415, 422, 503),
            status=202,
            _202="Accepted; `Location` is where to ask how far it is.",
            _400=f"`upload-cut-short` or `malformed-form`: nothing is kept. {MALFORMED_KEY}",
            _409=KEY_CONFLICT,
            _415="`unsupported-media-type`: text/csv, application/x-ndjson or a form.",
            _422="`invalid-file`: what is wrong with it; the columns are in `errors`. "
            "`invalid-input`: `model` or the form. `gate-failed`: this version answers nothing. "
            f"{KEY_MISMATCH}",
            _503="`no-active-model`, `database-unavailable`, `storage-unavailable` or `no-room`: "
            "as many batches or uploads as there may be.",
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        sent = request._request
        return receive_batch(sent, caller=asker(sent, request.user), answer=_accepted)


def _accepted(batch: Batch) -> HttpResponse:
    response = respond(documents.job(batch), status=202)
    response["Location"] = reverse("batch", args=[batch.pk])
    return response


class BatchView(JSONView):
    reads = BATCHES

    @extend_schema(
        operation_id="get_batch",
        summary="How far a batch is, and its errors",
        tags=["batches"],
        parameters=[BATCH],
        responses=responses("Batch", 404, 503, _404="`unknown-batch`."),
    )
    def get(self, request: Request, batch: uuid.UUID) -> HttpResponse:
        return respond(documents.job(services.find_batch(identity=batch)))


class CancelView(JSONView):
    writes = BATCHES

    @extend_schema(
        operation_id="cancel_batch",
        summary="Begin no more rows of it; what has ended stays as it ended",
        tags=["batches"],
        parameters=[BATCH],
        request=None,
        responses=responses("Batch", 404, 503, _404="`unknown-batch`."),
    )
    def post(self, request: Request, batch: uuid.UUID) -> HttpResponse:
        return respond(documents.job(services.cancel_batch(identity=batch)))


class ResultsView(JSONView):
    reads = BATCHES

    @extend_schema(
        operation_id="get_batch_results",
        summary="The rows as they came, with prediction, interval, version, id and error",
        tags=["batches"],
        parameters=[
            BATCH,
            OpenApiParameter("format", {"type": "string", "enum": list(FORMATS), "default": "csv"}),
        ],
        responses={
            **{
                (200, kind.partition(";")[0]): OpenApiResponse(
                    _TEXT, description="In the order of the file."
                )
                for kind in FORMATS.values()
            },
            **{
                (status, PROBLEM): OpenApiResponse(ref("Problem"), description=text)
                for status, text in (
                    (404, "`unknown-batch`."),
                    (409, "`batch-not-done`: `state` says what it is."),
                    (410, "`results-gone`: they were kept for some days."),
                    (422, "`invalid-input`: another `format`."),
                    (503, "`database-unavailable`."),
                )
            },
        },
    )
    def get(self, request: Request, batch: uuid.UUID) -> StreamingHttpResponse:
        kind = result_format(request._request)
        found = services.find_batch(identity=batch)
        content = results_as(kind, open_results(found), separator=found.separator)
        response = StreamingHttpResponse(content, content_type=FORMATS[kind])
        response["Content-Disposition"] = f'attachment; filename="batch-{batch}.{kind}"'
        return response
