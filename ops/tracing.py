"""Traces: requests, what workers did for them, and their statements, as OpenTelemetry's spans.

Imported only where an address for them is configured (settings.TRACED): else nothing of it costs
anything. The SDK's own variables, OTEL_…, hold: docs/logs.md names the useful ones.
"""

import os
from collections.abc import Callable, Sequence

import django
from celery import current_app
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.wsgi import wsgi_getter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes
from structlog.contextvars import bind_contextvars, get_contextvars

# Behind what names the request; Django's part of it would refuse a wrong host before that.
BEFORE = "django.middleware.security.SecurityMiddleware"
# By comma; each is looked for in the whole URL.
NOT_TRACED = r"^\w+://[^/]+/(livez|readyz|metrics)$,^\w+://[^/]+/static/"
# A collector that does not answer must not hold up a process that is to end.
EXPORT_SECONDS = "3"


def start(*, service: str) -> None:
    """In a process that serves or works, after it was forked and before it connects.

    `service`: the name of what it is, unless OTEL_SERVICE_NAME says another.
    """
    django.setup()
    # A message's span ends only where its task is known.
    current_app.loader.import_default_modules()
    os.environ.setdefault("OTEL_SERVICE_NAME", service)
    os.environ.setdefault("OTEL_EXPORTER_OTLP_TIMEOUT", EXPORT_SECONDS)
    provider = TracerProvider(resource=Resource.create({"service.version": settings.REVISION}))
    provider.sampler = OfRequests(provider.sampler)
    provider.add_span_processor(RequestMarks())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(
        middleware_position=settings.MIDDLEWARE.index(BEFORE),
        excluded_urls=os.environ.get("OTEL_PYTHON_DJANGO_EXCLUDED_URLS", NOT_TRACED),
    )
    settings.QUESTION_MIDDLEWARE.insert(
        settings.QUESTION_MIDDLEWARE.index(BEFORE), "ops.tracing.QuestionSpanMiddleware"
    )
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    PsycopgInstrumentor().instrument()


def stop() -> None:
    """Before a process ends: what has not been sent is sent now."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


class OfRequests(Sampler):
    """A trace begins with a request: what happens by itself every few seconds is none."""

    def __init__(self, of_these: Sampler) -> None:
        self._of_these = of_these

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        begins = not trace.get_current_span(parent_context).get_span_context().is_valid
        if begins and kind is not SpanKind.SERVER:
            return SamplingResult(Decision.DROP)
        return self._of_these.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        return f"OfRequests({self._of_these.get_description()})"


class RequestMarks(SpanProcessor):
    """From the log to the trace and back: spans have the request's id, lines the trace's."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span.set_attribute("request_id", str(get_contextvars().get("request_id", "")))
        if span.context is not None and (span.parent is None or span.parent.is_remote):
            bind_contextvars(trace_id=trace.format_trace_id(span.context.trace_id))


class QuestionSpanMiddleware:
    """Questions pass none of the middleware that Django's instrumentation adds.

    Their row in the audit log is written below psycopg's cursors: its time is in this span.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._tracer = trace.get_tracer(__name__)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with self._tracer.start_as_current_span(
            f"{request.method} {request.path_info.removeprefix('/')}",
            context=extract(request.META, getter=wsgi_getter),
            kind=SpanKind.SERVER,
            attributes={"http.method": str(request.method), "http.target": request.path_info},
        ) as span:
            response = self._get_response(request)
            span.set_attribute("http.status_code", response.status_code)
            if response.status_code >= 500:
                span.set_status(trace.StatusCode.ERROR)
            return response
