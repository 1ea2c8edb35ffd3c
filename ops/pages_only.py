"""Middleware for people's browsers, which a program's question passes by.

Sessions, users and messages are for pages. A question to a predictor has none of them, and they
would cost it processor time for nothing (docs/experiments.md).
"""

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

QUESTIONS = "/api/predict/"


class _PagesOnly(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(QUESTIONS):
            return self.get_response(request)  # type: ignore[return-value]
        return super().__call__(request)  # type: ignore[return-value]


class Session(_PagesOnly, SessionMiddleware):
    pass


class Authentication(_PagesOnly, AuthenticationMiddleware):
    pass


class Messages(_PagesOnly, MessageMiddleware):
    pass
