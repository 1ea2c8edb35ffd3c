"""The reference of the API is what the service says of itself."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import get_commands
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

from .test_docs import ROOT

OURS = {"modelregistry", "ops", "predictions", "predictors"}
PAGE = ROOT / "docs" / "reference" / "api.md"


@pytest.fixture
def described(db: None, settings: Any) -> bytes:
    """OpenAPI of a service that asks for keys, as `bin/docs api` writes it."""
    settings.ACCESS = "keys"
    found = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return bytes(OpenApiJsonRenderer().render(found, renderer_context={}))


def test_it_works(described: bytes) -> None:
    """If it fails: `bin/docs api` writes it anew."""
    made = subprocess.run(
        [sys.executable, "docs/reference/make.py"],
        cwd=ROOT,
        input=described,
        capture_output=True,
        check=True,
    )
    assert made.stdout.decode() == PAGE.read_text(), "`bin/docs api` writes it anew"


def test_every_operation_and_who_may_ask_for_it_is_there(described: bytes) -> None:
    text = PAGE.read_text()
    for path, item in json.loads(described)["paths"].items():
        for method in item.keys() & {"get", "post", "put", "patch", "delete"}:
            assert f"### `{method.upper()} {path}`\n" in text
    predict = text.partition("### `POST /api/predict/`\n")[2].partition("\n### ")[0]
    assert "a key with `predict`" in predict


def test_every_command_is_listed() -> None:
    ours = [name for name, app in get_commands().items() if app.partition(".")[0] in OURS]
    assert len(ours) > 20
    text = (PAGE.parent / "index.md").read_text()
    # run_training is what the worker starts for itself.
    assert [name for name in ours if f"`{name}`" not in text] == ["run_training"]
