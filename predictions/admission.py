"""Who asks: found before anything is done for a request, and wrong keys are sent away."""

from collections.abc import Callable
from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from predictions.access import REALM
from predictions.errors import NotAuthenticated
from predictions.keys.holding import holder_with
from predictions.problems import from_error

# Who watches the service asks often, and shows no key.
PROBES = frozenset({"/livez", "/readyz", "/metrics"})
BEARER = "bearer "


class AdmissionMiddleware:
    """Leaves the holder of a key on the request (`access.holder_of`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        shown = request.META.get("HTTP_AUTHORIZATION", "")
        if shows_key(shown) and request.path_info not in PROBES:
            try:
                _identify(request, shown[len(BEARER) :].strip())
            except Exception as error:
                response = from_error(error, request)
                if response is None:
                    raise
                if response.status_code == NotAuthenticated.status:
                    # RFC 6750, 3.1
                    challenge = f'Bearer realm="{REALM}", error="invalid_token"'
                    response["WWW-Authenticate"] = challenge
                with suppress(Resolver404):  # a refusal is counted where it was asked
                    request.resolver_match = resolve(request.path_info)
                return response
        return self._get_response(request)


def shows_key(authorization: str) -> bool:
    return authorization[: len(BEARER)].lower() == BEARER


def _identify(request: HttpRequest, secret: str) -> None:
    """Raises NotAuthenticated."""
    # As WSGI gives the bytes of a header: PEP 3333.
    holder = holder_with(secret.encode("latin-1", "replace"))
    if holder is None:
        raise NotAuthenticated("this key is wrong, has expired or was revoked")
    request.key_holder = holder  # type: ignore[attr-defined]
