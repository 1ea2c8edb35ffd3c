from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from modelregistry import overview, services
from modelregistry.models import ModelVersion
from predictions.access import Needs
from predictions.openapi import PREDICTOR, READ, VERSION, WRITE, responses
from predictions.reasons import read_reason
from predictions.rendering import respond
from predictions.schemas import ref
from predictions.versions import documents
from predictions.versions.decoding import FORM, read_before, read_upload
from predictions.versions.parameters import BEFORE_VERSION
from predictions.views import JSONView

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.


class PredictorsView(JSONView):
    @extend_schema(
        operation_id="list_predictors",
        summary="The predictors, each with its active version",
        tags=["models"],
        responses=responses("Predictors", 503),
    )
    def get(self, request: Request) -> HttpResponse:
        return respond(documents.standings(overview.predictors()))


class VersionsView(JSONView):
    # A model file is code: no key is enough.
    writes = Needs(permission="modelregistry.add_modelversion")

    @extend_schema(
        operation_id="list_model_versions",
        summary="Versions of a predictor, newest first, 100 at a time, and the last 50 switches",
        tags=["models"],
        parameters=[PREDICTOR, BEFORE_VERSION],
        responses=responses("Versions", *READ, 422, _404="`unknown-predictor`."),
    )
    def get(self, request: Request, predictor: str) -> HttpResponse:
        versions = overview.versions(predictor, before=read_before(request._request))
        return respond(documents.versions(predictor, versions, overview.history(predictor)))

    @extend_schema(
        operation_id="upload_model_version",
        summary="Upload a model; it is tried at the gate and waits to be activated",
        tags=["models"],
        parameters=[PREDICTOR],
        request={FORM: ref("ModelUpload")},
        responses=responses(
            "ModelDetail",
            *WRITE,
            status=201,
            _201="It passed the gate. `Location` is its address.",
            _400="`malformed-form`: the form cannot be read.",
            _404="`unknown-predictor`.",
            _422="`gate-failed`: it is kept as `version`, marked, and can never be activated. "
            "`invalid-input`, `invalid-artifact` (another digest): nothing is kept.",
            _503="`database-unavailable`, or `not-ready`: no data to try it on.",
        ),
    )
    def post(self, request: Request, predictor: str) -> HttpResponse:
        sent = read_upload(request._request)
        version = services.register_version(
            predictor=predictor,
            name=sent.name,
            model_bytes=sent.model_bytes,
            features_bytes=sent.features_bytes,
            expected_sha256=sent.sha256,
            metrics=sent.metrics,
            trained_on=sent.trained_on,
            created_by=request.user.get_username(),
            notes=sent.notes,
        )
        response = respond(documents.detail(version, []), status=201)
        response["Location"] = reverse("model-version", args=[predictor, version.version])
        return response


class VersionView(JSONView):
    @extend_schema(
        operation_id="get_model_version",
        summary="All that is known of one version, and its switches",
        tags=["models"],
        parameters=[PREDICTOR, VERSION],
        responses=responses("ModelDetail", *READ),
    )
    def get(self, request: Request, predictor: str, version: int) -> HttpResponse:
        found = overview.version(predictor, version)
        return respond(documents.detail(found, overview.history_of(found)))


class ServingView(JSONView):
    @extend_schema(
        operation_id="list_serving_processes",
        summary="Which version answers in every web process",
        tags=["models"],
        parameters=[PREDICTOR],
        responses=responses("Serving", *READ),
    )
    def get(self, request: Request, predictor: str) -> HttpResponse:
        return respond(documents.serving(predictor, overview.serving(predictor)))


class SwitchView(JSONView):
    writes = Needs(("operate",), "modelregistry.change_modelversion")

    @staticmethod
    def switched(version: ModelVersion) -> HttpResponse:
        return respond(documents.switched(version, overview.activation_of(version)))

    @staticmethod
    def asked(request: Request) -> dict[str, Any]:
        actor = f"{request.user.get_username()} (API)"
        return {"actor": actor, "reason": read_reason(request._request)}


class ActivateView(SwitchView):
    @extend_schema(
        operation_id="activate_model_version",
        summary="Let this version answer, everywhere within a second",
        tags=["models"],
        parameters=[PREDICTOR, VERSION],
        request={"application/json": ref("Reason")},
        responses=responses(
            "Switched",
            *WRITE,
            _422="`gate-failed`: this version can never answer. `invalid-input`, `not-an-object`.",
            _503="`model-unavailable`: it cannot be loaded, the one before goes on. "
            "`database-unavailable`.",
        ),
    )
    def post(self, request: Request, predictor: str, version: int) -> HttpResponse:
        asked = self.asked(request)
        chosen = services.activate_version(predictor=predictor, version=version, **asked)
        return self.switched(chosen)


class RollbackView(SwitchView):
    @extend_schema(
        operation_id="roll_back_model",
        summary="Return to the version that answered before; twice goes two versions back",
        tags=["models"],
        parameters=[PREDICTOR],
        request={"application/json": ref("Reason")},
        responses=responses(
            "Switched",
            *WRITE,
            409,
            _404="`unknown-predictor`.",
            _422="`invalid-input`, `not-an-object`.",
            _503="`model-unavailable`: it cannot be loaded, the active one goes on. "
            "`database-unavailable`.",
        ),
    )
    def post(self, request: Request, predictor: str) -> HttpResponse:
        return self.switched(services.rollback(predictor=predictor, **self.asked(request)))
