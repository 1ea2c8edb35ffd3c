"""What browsers are told about every answer: what it may load, who may show or read it.

By the kind of answer, not by the view: an error, a file, and what nobody thought of have it too.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

# For an answer that is read by programs. Opened in a browser it runs, loads and frames nothing.
DATA = "default-src 'none'; frame-ancestors 'none'"
# No page of ours has a script or a style of its own in it, so what somebody brings in does not run.
_PAGE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# Swagger UI draws with styles in the page and pictures in its style sheet.
_DOCUMENTATION = {"style-src": "'self' 'unsafe-inline'", "img-src": "'self' data:"}
# The admin's Alpine.js makes functions of the attributes of elements; its pages hold styles. No
# script may stand in them either.
_ADMIN = {
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
}
EVERYWHERE = {
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = "Content-Security-Policy"


class HeadersMiddleware:
    """Beside Django's SecurityMiddleware, which knows nosniff, referrers, openers and HSTS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._page = policy({"img-src": f"'self' {origin_of(settings.MAP_TILES)}".strip()})
        self._others: dict[str, str] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        for name, value in EVERYWHERE.items():
            response[name] = value
        is_page = response.get("Content-Type", "").startswith("text/html")
        response[POLICY] = self._policy_of(request.path_info) if is_page else DATA
        return response

    def _policy_of(self, path: str) -> str:
        if not self._others:  # routes are not known before the first request
            self._others = {
                reverse("admin:index"): policy(_ADMIN),
                reverse("docs"): policy(_DOCUMENTATION),
            }
        for beginning, found in self._others.items():
            if path.startswith(beginning):
                return found
        return self._page


def policy(more: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in (_PAGE | dict(more)).items())


def origin_of(url: str) -> str:
    """`https://tiles.example` of the address of a tile; empty for tiles of our own, or none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
