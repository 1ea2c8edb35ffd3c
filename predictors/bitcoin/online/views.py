from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from predictions.access import Needs
from predictions.openapi import WRITE, responses
from predictions.parsing import read_json
from predictions.rendering import respond
from predictions.schemas import ref
from predictions.views import JSONView
from predictors.bitcoin.online import documents
from predictors.bitcoin.online.lessons import read_lesson
from predictors.bitcoin.online.services import teach

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.


class TeachView(JSONView):
    writes = Needs(("train",), "modelregistry.add_modelversion")

    @extend_schema(
        operation_id="teach_bitcoin",
        summary="Learn from a few more seconds: a new version, which answers if it is no worse",
        tags=["bitcoin"],
        request={"application/json": ref("BitcoinLesson")},
        responses=responses(
            "BitcoinTaught",
            *(status for status in WRITE if status != 404),
            409,
            _200="`decision` says whether the new version answers from now on.",
            _409="`cannot-learn-online`: the active version is of another kind. "
            "`active-version-changed`: somebody switched meanwhile; send it again.",
            _422="`invalid-input`, `not-an-object`: nothing was learned.",
            _503="`training-busy`: others are being taught; `no-active-model`, "
            "`model-unavailable`, `database-unavailable`. `Retry-After` says when to try again.",
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        lesson = read_lesson(read_json(request._request, limit=settings.MAX_BULK_BYTES).payload)
        done = teach(lesson=lesson, actor=request.user.get_username())
        return respond(documents.taught(done))
