"""Traces, received as a collector of OpenTelemetry receives them."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.conftest import copy_of
from tests.live import SAMPLE, Live, launch, wait_until
from tests.ops.test_logs import events, send

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str]


@dataclass
class Collector:
    port: int
    spans: list[Span] = field(default_factory=list)

    def receive(self, content: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(content).resource_spans:
            service = values(resource.resource.attributes)["service.name"]
            self.spans += [
                Span(
                    service,
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    values(span.attributes),
                )
                for scope in resource.scope_spans
                for span in scope.spans
            ]

    def of(self, request_id: str, service: str = "") -> list[Span]:
        return [
            span
            for span in list(self.spans)
            if span.attributes.get("request_id") == request_id and service in span.service
        ]


def values(attributes: Any) -> dict[str, str]:
    return {one.key: one.value.string_value or str(one.value.int_value) for one in attributes}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.receive(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Collector(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()


@pytest.fixture(scope="module")
def traced(
    collector: Collector, started_before: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    service = launch(
        copy_of(started_before, tmp_path_factory.mktemp("traced")),
        HOUSING_LOG_FORMAT="json",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.port}",
        OTEL_EXPORTER_OTLP_COMPRESSION="none",
        OTEL_BSP_SCHEDULE_DELAY="100",
    )
    assert service.ready.wait(60), service.text
    yield service
    service.stop()


def test_it_works(traced: Live, collector: Collector) -> None:
    """One trace from the client's span to the statements of the worker that did the work."""
    file = (SAMPLE / "future_unseen_examples.csv").read_bytes()
    marks = {"X_Request_ID": "trace-me", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    answer = send(traced, "POST", "/api/batches/", file, Content_Type="text/csv", **marks)
    assert answer.status == 202
    task_names = [f"predictions.batches.{name}" for name in ("split", "assemble")]
    wanted = {*(f"run/{name}" for name in task_names), f"apply_async/{task_names[0]}"}
    wait_until(lambda: wanted <= {one.name for one in collector.of("trace-me")})
    wait_until(lambda: any(one.parent == PARENT for one in collector.of("trace-me", "web")))
    spans = collector.of("trace-me")
    assert {span.trace for span in spans} == {TRACE}
    ids = {span.id: span for span in spans}
    (task,) = [span for span in spans if span.name == "run/predictions.batches.split"]
    sent, request = ids[task.parent], ids[ids[task.parent].parent]
    assert (sent.service, sent.name) == (
        "valuation-web",
        "apply_async/predictions.batches.split",
    )
    assert (request.parent, request.attributes["http.status_code"]) == (PARENT, "202")
    made = [span.attributes.get("db.statement", "") for span in spans if span.parent == task.id]
    assert any("batches_batchchunk" in statement for statement in made)
    # And the log's lines lead here.
    (line,) = events(traced, "web", request_id="trace-me", event="answered")
    assert line["trace_id"] == TRACE


def test_a_question_is_a_span(traced: Live, collector: Collector, home: dict[str, Any]) -> None:
    marks = {"X_Request_ID": "ask-me", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    body = json.dumps(home).encode()
    answer = send(traced, "POST", "/api/predict/", body, Content_Type="application/json", **marks)
    assert answer.status == 200
    wait_until(lambda: collector.of("ask-me") != [])
    (span,) = collector.of("ask-me")
    assert (span.name, span.trace, span.parent) == ("POST api/predict/", TRACE, PARENT)
    assert span.attributes["http.status_code"] == "200"


def test_what_happens_by_itself_begins_no_trace(traced: Live, collector: Collector) -> None:
    scheduled = "SELECT counted_until > %s FROM traffic_progress"
    with traced.database() as database:
        [now] = database.execute("SELECT clock_timestamp()").fetchone() or [None]
        for path in ("/livez", "/metrics", "/static/admin/css/base.css"):
            send(traced, "GET", path, X_Request_ID="probe")
        wait_until(lambda: database.execute(scheduled, [now]).fetchone() == (True,))
    # A path that only sounds like a probe is traced; it comes after what the worker did.
    send(traced, "GET", "/api/models/metrics/", X_Request_ID="models")
    wait_until(lambda: collector.of("models") != [])
    begun = [span for span in collector.spans if not span.parent]
    assert {span.attributes["request_id"] for span in begun} == {"models"}


def test_without_an_address_nothing_is_traced() -> None:
    """redis-py imports what it needs to say, if somebody listened; nothing that would listen."""
    code = (
        "import sys, housing_api.wsgi, housing_api.celery; "
        "sys.exit(any(name.startswith(('opentelemetry.instrumentation', "
        "'opentelemetry.exporter')) for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, timeout=60)
    assert done.returncode == 0
