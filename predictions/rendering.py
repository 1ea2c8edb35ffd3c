"""Responses of the API: JSON, with the versions in the headers."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


def json_response(
    body: Mapping[str, Any],
    *,
    status: int = 200,
    model_version: str | None = None,
    content_type: str = "application/json",
) -> HttpResponse:
    return json_content(
        orjson.dumps(body), status=status, model_version=model_version, content_type=content_type
    )


_encode = DjangoJSONEncoder(ensure_ascii=False, allow_nan=False).encode


def respond(body: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """For what comes out of `jsonb`: moments, decimals, and 1e20 as an integer.

    PostgreSQL gives that back so, and orjson knows only integers of 64 bits.
    """
    return json_content(_encode(body).encode(), status=status)


def json_content(
    content: bytes,
    *,
    status: int = 200,
    model_version: str | None = None,
    content_type: str = "application/json",
) -> HttpResponse:
    """`model_version` is `predictor/number`; the API's version is always there: two things."""
    response = HttpResponse(content, status=status, content_type=content_type)
    response["X-API-Version"] = settings.API_VERSION
    response["Cache-Control"] = "no-store"
    if model_version is not None:
        response["X-Model-Version"] = model_version
    return response


class AlwaysJSON(BaseContentNegotiation):
    """The API speaks JSON to whoever asks; a browser's Accept header is no reason for a 406."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or "application/json"
