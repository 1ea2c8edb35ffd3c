"""The manifests are valid, and their names and settings meet."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from django.urls import resolve

from housing_api.environment import VARIABLES, Environment

from .files import ROOT, example_values
from .manifests import (
    FOLDER,
    PATCHES,
    SCHEMA,
    WITH_PODS,
    Manifest,
    check,
    commands,
    containers,
    files,
    kubectl,
    manifests,
    named,
    of_kind,
    pods,
    settings_given,
    template,
    web,
)

DOCUMENT = (ROOT / "docs" / "kubernetes.md").read_text()
# Read by gunicorn's configuration, not by the service (docs/settings.md).
OF_GUNICORN = {"WEB_CONCURRENCY", "WEB_THREADS"}


def secrets() -> list[str]:
    lines = (FOLDER / "secret.env.example").read_text().splitlines()
    return [line.partition("=")[0] for line in lines if not line.startswith("#")]


def chosen(selector: dict[str, Any]) -> set[str]:
    """Whose Pods a selector takes."""
    exact, listed = selector.get("matchLabels", {}), selector.get("matchExpressions", ())
    assert all(one["operator"] == "In" for one in listed)
    return {
        name
        for name, pod in pods().items()
        if exact.items() <= pod["metadata"]["labels"].items()
        and all(pod["metadata"]["labels"].get(one["key"]) in one["values"] for one in listed)
    }


def test_it_works() -> None:
    for manifest in manifests():
        check(manifest)
    assert {one["kind"] for one in manifests()} <= {name.split("/")[-1] for name in SCHEMA["kinds"]}


def test_without_backups_it_is_valid_too() -> None:
    for manifest in yaml.safe_load_all(kubectl("kustomize", str(FOLDER))):
        check(manifest)
        assert manifest["kind"] != "CronJob"


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(FOLDER)))
def test_each_file_is_valid_before_it_is_put_together(file: Path) -> None:
    """Without kubectl, and so wherever these tests run."""
    for manifest in files()[file]:
        check(manifest, is_whole=file not in PATCHES)


@pytest.mark.parametrize(
    "damage",
    [
        lambda pod: pod["containers"][0].update(comand=["x"]),
        lambda pod: pod["containers"][0]["resources"].update(requests=[]),
        lambda pod: pod.update(containers={}),
        lambda pod: pod["containers"][0].pop("name"),
    ],
)
def test_a_mistake_is_found(damage: Callable[[Manifest], object]) -> None:
    copy = next(one for one in files()[FOLDER / "web.yaml"] if one["kind"] == "Deployment")
    damage(copy["spec"]["template"]["spec"])
    with pytest.raises(jsonschema.ValidationError):
        check(copy)


def test_the_secret_is_made_as_documented(tmp_path: Path) -> None:
    filled = tmp_path / "secret.env"
    filled.write_text("".join(f"{name}={'x' * 50}\n" for name in secrets()))
    line = re.search(r"^kubectl (.*create secret generic .*)$", DOCUMENT, re.M)
    assert line
    arguments = line[1].replace("deploy/kubernetes/secret.env", str(filled)).split()
    made = yaml.safe_load(kubectl(*arguments, "--dry-run=client", "--output=yaml"))
    check(made)
    assert set(made["data"]) == set(secrets())
    assert made["metadata"]["namespace"] == named("Deployment", "web")["metadata"]["namespace"]
    for name, container in containers():
        sources = [one["secretRef"]["name"] for one in container["envFrom"] if "secretRef" in one]
        assert sources == [made["metadata"]["name"]], name


def test_an_overlay_is_made_as_documented(tmp_path: Path) -> None:
    """Your own host, image and data beside a copy of the folder, which stays as it is."""
    shutil.copytree(FOLDER, tmp_path / "kubernetes")
    mine = tmp_path / "mine"
    mine.mkdir()
    block = re.search(r"```yaml\n(# mine/kustomization.yaml\n.*?)```", DOCUMENT, re.S)
    assert block
    (mine / "kustomization.yaml").write_text(
        block[1].replace("../deploy/kubernetes", "../kubernetes")
    )
    built = list(yaml.safe_load_all(kubectl("kustomize", str(mine))))
    for manifest in built:
        check(manifest)
    text = yaml.safe_dump_all(built)
    assert "valuation.example" not in text and "registry.example" not in text
    made = [template(one)["spec"] for one in built if one["kind"] in WITH_PODS]
    images = {one["image"] for pod in made for one in pod["containers"]}
    assert len(images) == 2 and all("@sha256:" in one for one in images)
    assert {one["metadata"]["namespace"] for one in built if one["kind"] != "Namespace"} == {
        "valuation"
    }


def test_every_setting_is_one_that_the_service_reads() -> None:
    known = {variable.name for variable in VARIABLES} | OF_GUNICORN
    assert settings_given().keys() <= known
    reader = Environment({**settings_given(), **dict.fromkeys(secrets(), "x" * 50)})
    for variable in VARIABLES:
        reader.text(variable.name)


def test_what_has_no_default_is_in_the_secret_and_nothing_secret_in_the_settings() -> None:
    assert set(secrets()) == {one.name for one in VARIABLES if one.default is None}
    assert not settings_given().keys() & set(secrets())
    text = (FOLDER / "secret.env.example").read_text()
    assert not re.search(r"^[A-Z_]+=.", text, re.M)


@pytest.mark.parametrize("name", ["HOUSING_KEY_LIMIT", "HOUSING_ADDRESS_LIMIT", "HOUSING_ACCESS"])
def test_compose_has_the_same(name: str) -> None:
    assert settings_given()[name] == example_values()[name]


def test_each_deployment_has_its_own_pods() -> None:
    for one in of_kind("Deployment"):
        assert chosen(one["spec"]["selector"]) == {one["metadata"]["name"]}


def test_whoever_chooses_pods_chooses_some() -> None:
    for one in of_kind("Service"):
        expected = set() if one["metadata"]["name"] == "nowhere" else {"web"}
        assert chosen({"matchLabels": one["spec"]["selector"]}) == expected
    for one in of_kind("PodDisruptionBudget"):
        assert chosen(one["spec"]["selector"]) == {"web"}
    policies = {
        one["metadata"]["name"]: chosen(one["spec"]["podSelector"])
        for one in of_kind("NetworkPolicy")
    }
    everybody = set(pods())
    assert policies == {
        "nothing": everybody,
        "asked": {"web"},
        "servers": everybody,
        "web-of-others": {"prepare", "default"},
    }


def test_ports_are_named_alike_everywhere() -> None:
    (port,) = web()["ports"]
    assert f"0.0.0.0:{port['containerPort']}" in commands()["web"]
    (of_service,) = named("Service", "web")["spec"]["ports"]
    assert of_service["targetPort"] == port["name"]
    for which in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert web()[which]["httpGet"]["port"] == port["name"]
    (rule,) = named("NetworkPolicy", "asked")["spec"]["ingress"]
    assert [one["port"] for one in rule["ports"]] == [port["name"]]


def test_the_ingress_leads_to_web_and_keeps_metrics_inside() -> None:
    spec = named("Ingress", "web")["spec"]
    (rule,) = spec["rules"]
    backends = {}
    for path in rule["http"]["paths"]:
        service = path["backend"]["service"]
        ports = named("Service", service["name"])["spec"]["ports"]
        assert service["port"]["name"] in {port["name"] for port in ports}
        backends[path["path"], path["pathType"]] = service["name"]
    assert backends == {("/metrics", "Exact"): "nowhere", ("/", "Prefix"): "web"}
    assert resolve("/metrics")
    assert spec["tls"][0]["hosts"] == [rule["host"]]
    assert rule["host"] in settings_given()["HOUSING_ALLOWED_HOSTS"].split(",")
