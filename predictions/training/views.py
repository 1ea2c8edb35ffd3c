from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from predictions.access import Needs
from predictions.openapi import PREDICTOR, READ, WRITE, responses
from predictions.rendering import respond
from predictions.schemas import ref
from predictions.training import documents, services
from predictions.training.decoding import read_training
from predictions.training.models import TrainingRun
from predictions.views import JSONView

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.

RUN = OpenApiParameter(
    "run", {"type": "integer", "minimum": 0}, OpenApiParameter.PATH, description="its number"
)


class TrainView(JSONView):
    writes = Needs(("train",), "training.add_trainingrun")

    @extend_schema(
        operation_id="train_model",
        summary="Train a new version in a worker; it is registered, not activated",
        tags=["training"],
        parameters=[PREDICTOR],
        request={"application/json": ref("TrainingOrder")},
        responses=responses(
            "TrainingRun",
            *WRITE,
            409,
            status=202,
            _202="Queued. `Location` says where to see how far it is.",
            _404="`unknown-predictor`.",
            _409="`training-already-runs`: one at a time; `run` and `url` say which.",
            _422="`invalid-input` (an unknown recipe, too) or `not-an-object`.",
        ),
    )
    def post(self, request: Request, predictor: str) -> HttpResponse:
        asked = read_training(request._request, predictor)
        run = services.request_run(
            predictor=predictor,
            recipe=asked.recipe,
            forced=asked.forced,
            trigger=TrainingRun.Trigger.API,
            requested_by=request.user.get_username(),
        )
        response = respond(documents.detail(run), status=202)
        response["Location"] = services.address_of(run)
        return response


class RunsView(JSONView):
    @extend_schema(
        operation_id="list_training_runs",
        summary="The last 50 training runs, newest first",
        tags=["training"],
        parameters=[
            OpenApiParameter("predictor", OpenApiTypes.STR, description="of this predictor only")
        ],
        responses=responses("TrainingRuns", *READ, _404="`unknown-predictor`."),
    )
    def get(self, request: Request) -> HttpResponse:
        found = services.runs(predictor=request.query_params.get("predictor", ""))
        return respond(documents.runs(found))


class RunView(JSONView):
    @extend_schema(
        operation_id="get_training_run",
        summary="How far a training run is, or what came of it",
        tags=["training"],
        parameters=[RUN],
        responses=responses("TrainingRun", *READ, _404="`unknown-training-run`."),
    )
    def get(self, request: Request, run: int) -> HttpResponse:
        return respond(documents.detail(services.run_numbered(run=run)))


class CancelView(JSONView):
    writes = Needs(("train",), "training.change_trainingrun")

    @extend_schema(
        operation_id="cancel_training_run",
        summary="End a training run; what it has done so far is dropped",
        tags=["training"],
        parameters=[RUN],
        request=None,
        responses=responses(
            "TrainingRun",
            *(401, 403, 404, 409, 503),
            status=202,
            _202="It ends within a second, or has been cancelled already.",
            _404="`unknown-training-run`.",
            _409="`training-finished`: it has ended in another way.",
        ),
    )
    def post(self, request: Request, run: int) -> HttpResponse:
        actor = f"{request.user.get_username()} (API)"
        return respond(documents.detail(services.cancel_run(run=run, actor=actor)), status=202)
