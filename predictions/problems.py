"""Every error of the service in one form: `application/problem+json` (RFC 9457)."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.urls import Resolver404, resolve
from django.views import defaults
from rest_framework import exceptions

from modelregistry.errors import DomainError
from predictions.errors import BodyNotReceived, DatabaseUnavailable, NotAuthenticated
from predictions.rendering import json_response

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1


def problem(
    *, status: int, code: str, title: str, detail: str, request: HttpRequest, **members: Any
) -> HttpResponse:
    response = json_response(
        {
            "type": f"urn:valuation-service:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": request.META.get("HTTP_X_REQUEST_ID", ""),
            **members,
        },
        status=status,
        content_type="application/problem+json",
    )
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def from_domain_error(error: DomainError, request: HttpRequest) -> HttpResponse:
    response = problem(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        request=request,
        **error.members,
    )
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def from_status(status: int, detail: str, request: HttpRequest) -> HttpResponse:
    phrase = HTTPStatus(status).phrase
    code = phrase.lower().replace(" ", "-")
    return problem(status=status, code=code, title=phrase, detail=detail, request=request)


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """REST framework's hook."""
    return from_error(error, context["request"]._request)


def from_error(error: Exception, request: HttpRequest) -> HttpResponse | None:
    """None lets Django answer with `server_error` below."""
    if isinstance(error, DomainError):
        return from_domain_error(error, request)
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("database: %s", error)
        return from_domain_error(DatabaseUnavailable("try again in a moment"), request)
    if isinstance(error, UnreadablePostError):
        return from_domain_error(BodyNotReceived("send it again, and faster"), request)
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        response = from_domain_error(NotAuthenticated(str(error.detail)), request)
        response["WWW-Authenticate"] = getattr(error, "auth_header", "Basic")
        return response
    if isinstance(error, exceptions.APIException):
        return from_status(error.status_code, str(error.detail), request)
    if isinstance(error, Http404):
        return from_status(404, str(error) or "not found", request)
    if isinstance(error, PermissionDenied):
        return from_status(403, str(error) or "not allowed", request)
    return None


def _wants_html(request: HttpRequest) -> bool:
    return not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _wants_html(request):
        return defaults.bad_request(request, exception)
    return from_status(400, "the request is not acceptable", request)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _wants_html(request):
        return defaults.permission_denied(request, exception)
    return from_status(403, "not allowed", request)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _wants_html(request):
        return defaults.page_not_found(request, exception)
    detail = "there is nothing at this path; /api/docs/ shows what there is"
    try:
        resolve(f"{request.path_info}/")
    except Resolver404:
        pass
    else:
        detail = f"the path ends in a slash: {request.path_info}/"
    return from_status(404, detail, request)


def server_error(request: HttpRequest) -> HttpResponse:
    if _wants_html(request):
        return defaults.server_error(request)
    return from_status(500, "something went wrong here; it is in the log", request)
