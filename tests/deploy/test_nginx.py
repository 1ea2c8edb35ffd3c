import json
import re

import pytest

from housing_api.environment import VARIABLES

from .files import ROOT

TEXT = (ROOT / "deploy" / "nginx.conf").read_text()
LINES = [" ".join(line.split()) for line in TEXT.splitlines()]
DIRECTIVES = [line for line in LINES if not line.startswith("#")]


@pytest.mark.parametrize(
    "header",
    [
        "Host $http_host",
        "X-Forwarded-For $proxy_add_x_forwarded_for",
        "X-Forwarded-Proto $proto",
        "X-Request-ID $id",
        'Connection ""',
    ],
)
def test_the_application_is_told(header: str) -> None:
    assert f"proxy_set_header {header};" in DIRECTIVES


def test_a_post_that_may_have_been_handled_is_not_repeated() -> None:
    assert "proxy_next_upstream error timeout;" in DIRECTIVES
    assert not [line for line in DIRECTIVES if "non_idempotent" in line]


@pytest.mark.parametrize("status", [400, 404, 408, 413, 414, 431, 502, 503, 504])
def test_an_error_of_nginx_is_problem_json(status: int) -> None:
    (where,) = {
        line.rstrip(";").split()[-1]
        for line in DIRECTIVES
        if line.startswith("error_page") and line.endswith(f"{status};")
    }
    place = f"= {where}" if where.startswith("/") else where
    location = TEXT.split(f"location {place} {{")[1].split("\n        }")[0]
    assert "default_type application/problem+json;" in location
    match = re.search(rf"return {status} '(.*)';", location)
    assert match
    problem = json.loads(match[1])
    assert problem["status"] == status
    assert problem["type"] == f"urn:valuation-service:problem:{problem['code']}"
    assert set(problem) == {"type", "title", "status", "detail", "code", "request_id"}


def test_a_model_may_be_uploaded_and_nothing_else_is_as_large() -> None:
    inside = TEXT.split("location ~ ^/api/models/[^/]+/$ {")[1].split("}")[0]
    assert "client_max_body_size 100m;" in inside and "proxy_pass http://web;" in inside
    assert DIRECTIVES.count("client_max_body_size 5m;") == 1
    default = next(variable for variable in VARIABLES if variable.name == "HOUSING_MAX_UPLOAD")
    assert default.default == str(100 * 1024 * 1024)


def test_a_body_that_is_too_large_is_told_the_limits_that_there_are() -> None:
    """By nginx itself, and by its table in docs/deploy.md."""
    limits = re.findall(r"client_max_body_size (\d+)m;", "\n".join(DIRECTIVES))
    written = [f"{int(one) // 1024} GiB" if int(one) >= 1024 else f"{one} MiB" for one in limits]
    refusal = next(line for line in DIRECTIVES if line.startswith("return 413 "))
    document = (ROOT / "docs" / "deploy.md").read_text()
    row = next(line for line in document.splitlines() if line.startswith("| 413 |"))
    assert re.findall(r"\d+ [MG]iB", refusal) == written
    assert re.findall(r"\d+ [MG]iB", row)[: len(written)] == written
    default = {variable.name: variable.default for variable in VARIABLES}
    for name, text in (
        ("HOUSING_MAX_BODY", "64 KiB for a question"),
        ("HOUSING_MAX_BULK", "2 MiB for a list"),
        ("HOUSING_MAX_OUTCOMES", "4 MiB for outcomes"),
    ):
        number, unit = text.split()[:2]
        assert text in row
        assert default[name] == str(int(number) * {"KiB": 1024, "MiB": 1024**2}[unit])


def test_a_file_of_a_batch_may_be_large_and_is_passed_on_as_it_comes() -> None:
    inside = TEXT.split("location = /api/batches/ {")[1].split("}")[0]
    assert "client_max_body_size 1024m;" in inside and "proxy_pass http://web;" in inside
    assert "proxy_request_buffering off;" in inside
    default = next(variable for variable in VARIABLES if variable.name == "HOUSING_MAX_BATCH")
    assert default.default == str(1024 * 1024 * 1024)


def test_braces_are_balanced() -> None:
    bare = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "", "\n".join(DIRECTIVES))
    assert bare.count("{") == bare.count("}")
