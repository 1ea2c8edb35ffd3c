"""Liveness: this process answers. Readiness: it can answer predictions."""

from django.db import InterfaceError, OperationalError, connection

from modelregistry import runtime
from modelregistry.errors import DomainError
from predictions import catalog


def readiness_faults() -> dict[str, str]:
    """What keeps the service from answering, by part; empty when it is ready."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        faults = {}
        for predictor in catalog.all_predictors():
            try:
                runtime.active_model(predictor.name)
            except DomainError as error:
                faults[f"{predictor.name}.model"] = error.detail
            missing = predictor.missing_data()
            if missing:
                faults[f"{predictor.name}.data"] = "; ".join(missing)
        return faults
    except (OperationalError, InterfaceError):
        return {"database": "cannot be reached"}
