import json
import re
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from django.conf import settings

from .files import COMPOSE_FILE, EXAMPLE_FILE, EXPRESSION, ROOT, SECRETS, compose, example_values

SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text())


def test_it_works_with_the_example_and_two_secrets() -> None:
    jsonschema.validate(compose({**example_values(), **SECRETS}), SCHEMA)


def test_it_works_with_two_secrets_alone() -> None:
    jsonschema.validate(compose(SECRETS), SCHEMA)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_missing_stops_the_start(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        compose({**example_values(), **SECRETS, name: ""})


def test_the_example_lists_every_variable_and_no_other() -> None:
    used = {name for _, name, _, _ in EXPRESSION.findall(COMPOSE_FILE.read_text()) if name}
    assert set(example_values()) == used


def test_every_variable_of_the_example_has_a_comment() -> None:
    for paragraph in EXAMPLE_FILE.read_text().strip().split("\n\n"):
        *comments, last = paragraph.splitlines()
        assert last.startswith("#") or comments, last
        assert all(line.startswith("#") for line in comments), paragraph


def test_the_example_holds_no_secret() -> None:
    assert [example_values()[name] for name in (*SECRETS, "DATABASE_URL")] == ["", "", ""]


def test_the_example_serves_plain_http() -> None:
    environment = compose({**example_values(), **SECRETS})["services"]["web"]["environment"]
    assert environment["HOUSING_HTTPS"] == "false"


def test_without_a_word_the_service_insists_on_https() -> None:
    assert compose(SECRETS)["services"]["web"]["environment"]["HOUSING_HTTPS"] == "true"


def test_a_data_folder_that_is_named_is_the_one_that_is_read() -> None:
    prepare = compose({**SECRETS, "HOUSING_DATA_FOLDER": "/srv/homes"})["services"]["prepare"]
    target = prepare["environment"]["HOUSING_DATA"]
    sources = {mount["target"]: mount["source"] for mount in prepare["volumes"][1:]}
    assert sources[target] == "/srv/homes"


def test_without_a_data_folder_the_service_looks_into_data_itself() -> None:
    prepare = compose(SECRETS)["services"]["prepare"]
    assert prepare["environment"]["HOUSING_DATA"] == ""
    assert {"/app/data"} <= {
        mount["target"] for mount in prepare["volumes"][1:] if mount["source"] == "./data"
    }


def test_both_images_are_built_of_the_revision_that_is_named() -> None:
    services = compose({**SECRETS, "HOUSING_REVISION": "1.2.3"})["services"]
    builds = {one["image"]: one["build"] for one in services.values() if "build" in one}
    assert {image: build["target"] for image, build in builds.items()} == {
        "valuation-service": "service",
        "valuation-backup": "backup",
    }
    for build in builds.values():
        assert build["args"] == {"HOUSING_REVISION": "1.2.3"}


def test_each_build_that_is_documented_makes_the_image_for_backups_too() -> None:
    """A service of a profile is left out unless the profile is named."""
    profiles = compose(SECRETS)["services"]["backup"]["profiles"]
    lines = re.findall(r"docker compose .*\bbuild\b.*", (ROOT / "docs" / "deploy.md").read_text())
    assert len(lines) == 2
    assert all(f"--profile {profile} build" in line for profile in profiles for line in lines)


def test_what_is_mounted_from_the_project_exists() -> None:
    for name, service in compose(SECRETS)["services"].items():
        for mount in service.get("volumes", []) if name != "backup" else ():
            source = mount["source"] if isinstance(mount, dict) else mount.split(":")[0]
            assert not source.startswith(".") or (ROOT / source).exists(), source


def test_one_beat_says_when_and_the_workers_do_not() -> None:
    services = compose(SECRETS)["services"]
    beating = [
        name
        for name, service in services.items()
        if {"beat", "--beat", "-B"} & set(service.get("command", ()))
    ]
    assert beating == ["beat"]
    assert "deploy" not in services["beat"]


def test_every_queue_has_a_worker() -> None:
    served: set[str] = set()
    for service in compose(SECRETS)["services"].values():
        command = service.get("command", [])
        if "--queues" in command:
            served |= set(command[command.index("--queues") + 1].split(","))
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert served == routed | {settings.CELERY_TASK_DEFAULT_QUEUE}


def test_everything_waits_until_what_it_needs_is_well() -> None:
    services = compose(SECRETS)["services"]
    for service in services.values():
        for name, need in service.get("depends_on", {}).items():
            if need["condition"] == "service_healthy":
                assert services[name]["healthcheck"]["test"]
            else:
                assert need["condition"] == "service_completed_successfully"
                assert services[name]["restart"] == "no"
