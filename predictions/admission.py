"""Who asks, and whether he may ask so often: before anything is done for a request.

Wrong keys, and who asked too often, are sent away here.
"""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from predictions.access import REALM, holder_of
from predictions.addresses import address_of, network_of
from predictions.errors import NotAuthenticated
from predictions.keys.holding import KeyHolder, confirmed_holder, known_holder
from predictions.lengths import content_length, is_chunked
from predictions.problems import from_error
from predictions.throttling import limits
from predictions.throttling.allowance import Standing
from predictions.throttling.errors import TooManyRequests

# Who watches the service asks often, and shows no key.
PROBES = frozenset({"/livez", "/readyz", "/metrics"})
BEARER, BASIC = "bearer", "basic"
# Where people type theirs.
LOGIN = "/admin/login/"


class AdmissionMiddleware:
    """Leaves the holder of a key on the request (`access.holder_of`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in PROBES:
            return self._get_response(request)
        try:
            standing = _admit(request)
        except Exception as error:
            response = from_error(error, request)
            if response is None:
                raise
            if isinstance(error, NotAuthenticated):
                # RFC 6750, 3.1
                response["WWW-Authenticate"] = f'Bearer realm="{REALM}", error="invalid_token"'
            standing = error.standing if isinstance(error, TooManyRequests) else None
            with suppress(Resolver404):  # a refusal is counted where it was asked
                request.resolver_match = resolve(request.path_info)
        else:
            response = self._get_response(request)
        if standing is not None:
            policy = limits.ADDRESS if holder_of(request) is None else limits.KEY
            limits.tell(response, policy, standing)
        return response


def shows_key(authorization: str) -> bool:
    return _scheme_of(authorization) == BEARER


def _scheme_of(authorization: str) -> str:
    """In small letters. As REST framework splits it: by any white space."""
    return (authorization.split(None, 1) or [""])[0].lower()


def _admit(request: HttpRequest) -> Standing | None:
    """None: nobody limits who asks. Raises NotAuthenticated, TooManyRequests."""
    shown = request.META.get("HTTP_AUTHORIZATION", "")
    if not shows_key(shown):
        return _admit_address(request, shown)
    # As WSGI gives the bytes of a header: PEP 3333.
    secret = shown.strip()[len(BEARER) :].strip().encode("latin-1", "replace")
    holder = known_holder(secret)
    if holder is None:  # a guess, or a new key: for those who guess often nobody is asked
        limits.check_address(network_of(address_of(request)))
        holder = confirmed_holder(secret)
    if holder is None:
        _admit_address(request, shown)
        raise NotAuthenticated("this key is wrong, has expired or was revoked")
    return _admit_key(request, holder)


def _admit_key(request: HttpRequest, holder: KeyHolder) -> Standing | None:
    request.key_holder = holder  # type: ignore[attr-defined]
    return limits.admit_key(holder.name, holder.per_minute, _cost_of(request))


def _admit_address(request: HttpRequest, authorization: str) -> Standing | None:
    if not settings.ADDRESS_LIMIT:
        return None
    cost = _cost_of(request, with_password=_has_password(request, authorization))
    return limits.admit_address(network_of(address_of(request)), cost)


def _cost_of(request: HttpRequest, *, with_password: bool = False) -> int:
    length = None if is_chunked(request) else content_length(request)
    return limits.cost_of(length, with_password=with_password)


def _has_password(request: HttpRequest, authorization: str) -> bool:
    """Which is to be checked."""
    if _scheme_of(authorization) == BASIC:
        return True
    return request.method == "POST" and request.path_info == LOGIN
