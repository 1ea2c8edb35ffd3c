import time
from functools import lru_cache
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.views import APIView

from modelregistry.errors import DomainError
from predictions import bulk, services
from predictions.access import (
    KNOWN,
    PREDICT,
    Basic,
    Bearer,
    Needs,
    Session,
    StaffOrKey,
    admit_key,
    holder_of,
)
from predictions.addresses import address_of
from predictions.idempotency.answering import answer_once
from predictions.idempotency.decoding import META as IDEMPOTENCY_KEY
from predictions.inclusions import asked_for
from predictions.openapi import PREDICTION, READ, responses
from predictions.parsing import Parsed, read_json
from predictions.problems import from_domain_error, from_error
from predictions.recorded import recorded_prediction
from predictions.rendering import AlwaysJSON, json_content, json_response

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.


class JSONView(APIView):
    # No content negotiation, and OPTIONS is a 405 like any other method that is not there.
    content_negotiation_class = AlwaysJSON
    http_method_names = [name for name in APIView.http_method_names if name != "options"]
    # Who may look, and who may change something. None: everybody.
    reads: ClassVar[Needs | None] = KNOWN
    writes: ClassVar[Needs | None] = KNOWN

    def needed(self) -> Needs:
        """By the request at hand; of nobody if it is for all, or the method is not there (405)."""
        # drf-spectacular asks before there is a request.
        if self.request is None or self.request.method not in self.allowed_methods:
            return Needs()
        return (self.reads if self.request.method in ("GET", "HEAD") else self.writes) or Needs()

    def get_authenticators(self) -> list[Any]:
        # Basic stands first: it says how to authenticate (WWW-Authenticate; RFC 9110, 15.5.2).
        if not self._is_asked():
            return []
        return [Basic(), Bearer(), Session()]

    def get_authenticate_header(self, request: Request) -> str:
        ways = self.get_authenticators()
        if "Sec-Fetch-Site" in request.headers:
            # A page's script: a browser would ask for a password.
            ways = [way for way in ways if not isinstance(way, Basic)]
        challenges = (way.authenticate_header(request) for way in ways)
        return ", ".join(challenge for challenge in challenges if challenge)

    def get_permissions(self) -> list[Any]:
        return [StaffOrKey()] if self._is_asked() else []

    def _is_asked(self) -> bool:
        needed = self.needed()
        return bool(needed.scopes or needed.permission) and needed.is_asked()


class SchemaView(SpectacularAPIView):
    # Open to all, as the page that shows it is. It says what the active models need, and takes most
    # of a second to make: so it is made once for them.
    http_method_names = ("get", "head")

    def _get_schema_response(self, request: Request) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        kind: Any = type(renderer)
        content = _schema_as(kind, services.active_versions())
        response = HttpResponse(content, content_type=renderer.media_type)
        response["Content-Disposition"] = f'inline; filename="valuation-service.{renderer.format}"'
        return response


@lru_cache(maxsize=8)
def _schema_as(renderer: type[Any], versions: tuple[int | None, ...]) -> bytes:
    generator: Any = SchemaView.generator_class()
    schema = generator.get_schema(request=None, public=True)
    rendered: bytes = renderer().render(schema, renderer_context={})
    return rendered


class DocumentationView(SpectacularSwaggerSplitView):
    # Its script has an address of its own: none may stand in a page (ops.headers).
    http_method_names = ("get", "head")


class PredictView(JSONView):
    # The predictor's folder makes a subclass that names it, and routes to it.
    predictor_name: ClassVar[str]
    minimal: ClassVar[bool] = False
    reads = writes = PREDICT

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # A question is bytes and so is its answer: REST framework's request, its parsers and its
        # negotiation have nothing to do here. Staff and other methods go its way.
        if request.method == "POST" and is_quick(request):
            return self.ask(request)
        return super().dispatch(request, *args, **kwargs)

    def ask(self, request: HttpRequest) -> HttpResponse:
        """Of somebody with a key, or where the service is open."""
        try:
            holder = holder_of(request)
            if holder is not None and PREDICT.is_asked():
                admit_key(holder, PREDICT)
            return self.answer(request)
        except Exception as error:
            response = from_error(error, request)
            if response is None:
                raise
            return response

    def post(self, request: Request) -> HttpResponse:
        return self.answer(request._request, user=request.user)

    def answer(self, request: HttpRequest, user: Any = None) -> HttpResponse:
        call = _call(request, user)
        parsed = self.read(request)
        if IDEMPOTENCY_KEY not in request.META:  # most have none, and pay nothing for it
            return self.say(request, parsed, call)
        return answer_once(
            request,
            caller=call.caller,
            content=request.body,
            answer=lambda: self.say_or_refuse(request, parsed, call),
        )

    def say(self, request: HttpRequest, parsed: Parsed, call: services.Call) -> HttpResponse:
        answer = services.answer(
            predictor_name=self.predictor_name,
            minimal=self.minimal,
            parsed=parsed,
            call=call,
            include=asked_for(request),
        )
        return json_content(answer.content, model_version=answer.model_version)

    def say_or_refuse(
        self, request: HttpRequest, parsed: Parsed, call: services.Call
    ) -> HttpResponse:
        """A refusal stands in the log too: it is an answer to be kept."""
        try:
            return self.say(request, parsed, call)
        except DomainError as refusal:
            return from_domain_error(refusal, request)

    def read(self, request: HttpRequest) -> Parsed:
        return read_json(request)


def is_quick(request: HttpRequest) -> bool:
    """Whether it is known who asks, or nobody wants to know."""
    return holder_of(request) is not None or not PREDICT.is_asked()


class MinimalPredictView(PredictView):
    minimal = True

    def get(self, request: Request) -> HttpResponse:
        required = services.required_fields(predictor_name=self.predictor_name)
        model = required["model"]
        return json_response(required, model_version=f"{model['predictor']}/{model['version']}")


class BulkPredictView(JSONView):
    # As PredictView: the predictor's folder makes a subclass.
    predictor_name: ClassVar[str]
    reads = writes = PREDICT

    def post(self, request: Request) -> HttpResponse:
        sent = request._request
        call = _call(sent, request.user)
        parsed = read_json(sent, limit=settings.MAX_BULK_BYTES)

        def answer() -> HttpResponse:
            answers = bulk.answer_many(
                predictor_name=self.predictor_name,
                parsed=parsed,
                call=call,
                include=asked_for(sent),
            )
            return json_content(answers.content, model_version=answers.model_version)

        return answer_once(sent, caller=call.caller, content=sent.body, answer=answer)


class RecordedPredictionView(JSONView):
    reads = PREDICT

    @extend_schema(
        operation_id="get_prediction",
        summary="A prediction that was asked for before, by its id",
        tags=["predictions"],
        parameters=[PREDICTION],
        responses=responses("RecordedPrediction", *READ, _404="`unknown-prediction`."),
    )
    def get(self, request: Request, prediction: str) -> HttpResponse:
        found = recorded_prediction(identity=prediction)
        return json_content(found.content, model_version=found.model_version)


def _call(request: HttpRequest, user: Any = None) -> services.Call:
    return services.Call(
        endpoint=request.path,
        caller=asker(request, user),
        request_id=request.META["HTTP_X_REQUEST_ID"],
        started=time.perf_counter(),
    )


def asker(request: HttpRequest, user: Any) -> str:
    """`caller`, or the name of staff. `user`: who was asked to say so, if anybody was."""
    if user is not None and user.is_staff:
        return f"user:{user.get_username()}"[:150]
    return caller(request)


def caller(request: HttpRequest) -> str:
    """A key's name, or the address."""
    holder = holder_of(request)
    return address_of(request) if holder is None else holder.get_username()
