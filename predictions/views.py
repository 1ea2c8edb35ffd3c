import time
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.request import Request
from rest_framework.views import APIView

from predictions import bulk, services
from predictions.inclusions import asked_for
from predictions.openapi import PREDICTION, READ, responses
from predictions.parsing import Parsed, read_json
from predictions.problems import from_error
from predictions.recorded import recorded_prediction
from predictions.rendering import AlwaysJSON, json_content, json_response

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.


class JSONView(APIView):
    # No content negotiation, and OPTIONS is a 405 like any other method that is not there.
    content_negotiation_class = AlwaysJSON
    http_method_names = [name for name in APIView.http_method_names if name != "options"]


class SchemaView(SpectacularAPIView):
    http_method_names = ("get", "head")


class DocumentationView(SpectacularSwaggerView):
    http_method_names = ("get", "head")


class PredictView(JSONView):
    # The predictor's folder makes a subclass that names it, and routes to it.
    predictor_name: ClassVar[str]
    minimal: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # A question is bytes and so is its answer: REST framework's request, its parsers and its
        # negotiation have nothing to do here. Other methods go its way.
        if request.method == "POST":
            return self.ask(request)
        return super().dispatch(request, *args, **kwargs)

    def ask(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.post(request)
        except Exception as error:
            response = from_error(error, request)
            if response is None:
                raise
            return response

    def post(self, request: HttpRequest) -> HttpResponse:
        call = _call(request)
        answer = services.answer(
            predictor_name=self.predictor_name,
            minimal=self.minimal,
            parsed=self.read(request),
            call=call,
            include=asked_for(request),
        )
        return json_content(answer.content, model_version=answer.model_version)

    def read(self, request: HttpRequest) -> Parsed:
        return read_json(request)


class MinimalPredictView(PredictView):
    minimal = True

    def get(self, request: Request) -> HttpResponse:
        required = services.required_fields(predictor_name=self.predictor_name)
        model = required["model"]
        return json_response(required, model_version=f"{model['predictor']}/{model['version']}")


class BulkPredictView(JSONView):
    # As PredictView: the predictor's folder makes a subclass.
    predictor_name: ClassVar[str]

    def post(self, request: Request) -> HttpResponse:
        sent = request._request
        answers = bulk.answer_many(
            predictor_name=self.predictor_name,
            parsed=read_json(sent, limit=settings.MAX_BULK_BYTES),
            call=_call(sent),
            include=asked_for(sent),
        )
        return json_content(answers.content, model_version=answers.model_version)


class RecordedPredictionView(JSONView):
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


def _call(request: HttpRequest) -> services.Call:
    return services.Call(
        endpoint=request.path,
        caller=caller(request),
        request_id=request.META["HTTP_X_REQUEST_ID"],
        started=time.perf_counter(),
    )


def caller(request: HttpRequest) -> str:
    """The address that our outermost proxy saw; what stands left of it anyone may have written."""
    if settings.PROXIES:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(forwarded) >= settings.PROXIES and forwarded[-settings.PROXIES]:
            return forwarded[-settings.PROXIES][:150]
    return str(request.META.get("REMOTE_ADDR") or "local")[:150]
