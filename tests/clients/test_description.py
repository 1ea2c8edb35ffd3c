"""The client's types against the API's own description of itself."""

import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import reduce
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

import pytest
from django.test import Client as Api

from valuation_client import batches, bitcoin, homes, outcomes, versions
from valuation_client.documents import members_of

Schema = dict[str, Any]

ANSWERS = {
    "Answer": homes.Estimate,
    "BulkAnswer": homes.Estimates,
    "RequiredNow": homes.RequiredFacts,
    "RecordedPrediction": homes.RecordedPrediction,
    "Batch": batches.Batch,
    "OutcomesRecorded": outcomes.OutcomesRecorded,
    "Accuracy": outcomes.Accuracy,
    "Predictors": versions.Predictors,
    "Versions": versions.Versions,
    "ModelDetail": versions.VersionDetail,
    "Serving": versions.Serving,
    "Switched": versions.Switched,
    "Version": versions.ServiceVersion,
    "BitcoinAnswer": bitcoin.Forecast,
    "BitcoinRecorded": bitcoin.SecondsRecorded,
    "BitcoinAccuracy": bitcoin.BitcoinAccuracy,
}
METHODS = {
    "value_home": "value_home",
    "value_home_minimal": "value_home",
    "value_homes": "value_homes",
    "required_home_facts": "required_facts",
    "get_prediction": "prediction",
    "create_batch": "submit_batch",
    "get_batch": "batch",
    "get_batch_results": "results",
    "cancel_batch": "cancel",
    "record_outcomes": "record_outcomes",
    "get_accuracy": "accuracy",
    "list_predictors": "models",
    "list_model_versions": "versions",
    "get_model_version": "model",
    "list_serving_processes": "serving",
    "activate_model_version": "activate",
    "roll_back_model": "roll_back",
    "version": "version",
    "predict_bitcoin": "bitcoin.predict",
    "record_bitcoin_seconds": "bitcoin.record_seconds",
    "get_bitcoin_accuracy": "bitcoin.accuracy",
    "get_bitcoin_live": "bitcoin.live",
}
# For who runs the service, its pages, or watches it: `Client.request` reaches them.
LEFT_OUT = {
    *("train_model", "list_training_runs", "get_training_run", "cancel_training_run"),
    *("get_model_promotion", "get_promotion_policy", "change_promotion_policy"),
    *("list_shadows", "compare_shadow", "set_shadow", "end_shadow"),
    *("list_drift_reports", "get_drift_report", "upload_model_version", "teach_bitcoin"),
    *("predict", "list_home_zipcodes", "list_example_homes", "usage"),
    *("livez", "readyz", "metrics"),
}


@pytest.fixture
def description(api: Api) -> Schema:
    return dict(api.get("/api/schema/?format=json").json())


def test_it_works(description: Schema) -> None:
    """Every answer has in the client the members, and the types, that the API says it has."""
    schemas = description["components"]["schemas"]
    faults = [
        fault
        for name, kind in ANSWERS.items()
        for fault in differences(schemas[name], kind, name, schemas)
    ]
    assert faults == []


def test_a_difference_is_seen() -> None:
    schema = {
        "type": "object",
        "properties": {"version": {"type": "string"}, "name": {"type": ["string", "null"]}},
        "required": ["version"],
    }
    assert differences(schema, versions.VersionShort, "it", {}) == [
        "it has no digest",
        "it.version: 'string' is no int",
        "it.name may be null",
        "it.name may be left out",
    ]


def test_every_operation_has_a_method_or_is_left_out_on_purpose(description: Schema) -> None:
    described = {
        operation["operationId"]
        for operations in description["paths"].values()
        for operation in operations.values()
    }
    assert described == METHODS.keys() | LEFT_OUT
    assert not METHODS.keys() & LEFT_OUT


def test_every_fact_of_a_home_has_its_type(description: Schema) -> None:
    facts = description["components"]["schemas"]["HomesRequest"]
    hints = get_type_hints(homes.Home, include_extras=True)
    assert hints.keys() == facts["properties"].keys()
    needed = {name for name, hint in hints.items() if get_origin(hint) is not NotRequired}
    assert needed == set(facts["required"])


def differences(schema: Schema, kind: Any, where: str, schemas: Schema) -> list[str]:
    """What a document of this schema may be that `kind` does not say."""
    schema, is_nullable = resolved(schema, schemas)
    kind, takes_null = without_none(kind)
    faults = [f"{where} may be null"] if is_nullable and not takes_null else []
    if kind is Any:
        return faults
    if is_dataclass(kind):
        return faults + in_record(schema, kind, where, schemas)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return faults + differences(schema["items"], arguments[0], f"{where}[]", schemas)
    if origin is Mapping or origin is Literal:
        expected = "object" if origin is Mapping else "string"
        return faults if schema.get("type") == expected else [*faults, f"{where}: no {expected}"]
    if schema.get("type") not in TYPES[kind]:
        faults.append(f"{where}: {schema.get('type')!r} is no {kind.__name__}")
    return faults


TYPES: Mapping[Any, tuple[str, ...]] = {
    str: ("string",),
    int: ("integer",),
    float: ("number", "integer"),
    bool: ("boolean",),
    datetime: ("string",),
    date: ("string",),
}


def in_record(schema: Schema, kind: Any, where: str, schemas: Schema) -> list[str]:
    faults = []
    properties = schema.get("properties", {})
    members = {member.key: member for member in members_of(kind)}
    faults += [f"{where} has no {key}" for key in members if key not in properties]
    faults += [f"{where}: nothing takes {key}" for key in properties if key not in members]
    for key in properties:
        if key in members:
            faults += differences(properties[key], members[key].kind, f"{where}.{key}", schemas)
            if members[key].is_required and key not in schema.get("required", ()):
                faults.append(f"{where}.{key} may be left out")
    return faults


def without_none(kind: Any) -> tuple[Any, bool]:
    if get_origin(kind) in (Union, types.UnionType):
        (other,) = (each for each in get_args(kind) if each is not type(None))
        return other, True
    return kind, kind is Any


def resolved(schema: Schema, schemas: Schema) -> tuple[Schema, bool]:
    """Without references and `allOf`; and whether null is allowed."""
    if "$ref" in schema:
        return resolved(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        others = [each for each in schema["anyOf"] if each != {"type": "null"}]
        found, is_nullable = resolved(others[0], schemas)
        return found, is_nullable or len(others) < len(schema["anyOf"])
    if "allOf" in schema:
        parts = [resolved(each, schemas)[0] for each in schema["allOf"]]
        return reduce(merged, parts), False
    if isinstance(schema.get("type"), list):
        (only,) = (each for each in schema["type"] if each != "null")
        return schema | {"type": only}, "null" in schema["type"]
    return schema, False


def merged(one: Schema, other: Schema) -> Schema:
    return {
        "type": "object",
        "properties": one["properties"] | other["properties"],
        "required": [*one["required"], *other["required"]],
    }
