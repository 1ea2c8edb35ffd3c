"""The manifests are valid, their names meet, and what they promise of the service is so."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from django.conf import settings
from django.urls import resolve

from deploy.images.dockerfile import instructions
from housing_api.environment import VARIABLES, Environment

from .files import ROOT, example_values
from .manifests import (
    FOLDER,
    SCHEMA,
    Manifest,
    commands,
    containers,
    kubectl,
    manifests,
    named,
    of_kind,
    pods,
)

DOCUMENT = (ROOT / "docs" / "kubernetes.md").read_text()
# Read by gunicorn's configuration, not by the service (docs/settings.md).
OF_GUNICORN = {"WEB_CONCURRENCY", "WEB_THREADS"}
# docs/deploy.md, "More replicas".
CONNECTIONS_OF_A_PROCESS = 11


def check(manifest: Manifest) -> None:
    """Raises jsonschema.ValidationError, also of a field that Kubernetes does not know."""
    definition = SCHEMA["kinds"][f"{manifest['apiVersion']}/{manifest['kind']}"]
    schema = {"$ref": f"#/$defs/{definition}", "$defs": SCHEMA["$defs"]}
    jsonschema.Draft202012Validator(schema).validate(manifest)


def given() -> dict[str, str]:
    """The settings of the ConfigMap."""
    return {name: value for one in of_kind("ConfigMap") for name, value in one["data"].items()}


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


def web() -> Manifest:
    container: Manifest = pods()["web"]["spec"]["containers"][0]
    return container


def test_it_works() -> None:
    for manifest in manifests():
        check(manifest)
    assert {one["kind"] for one in manifests()} <= {name.split("/")[-1] for name in SCHEMA["kinds"]}


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
    copy: Manifest = yaml.safe_load(yaml.safe_dump(named("Deployment", "web")))
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
    made = [
        one["spec"]["template"]["spec"] for one in built if one["kind"] in {"Deployment", "Job"}
    ]
    images = {one["image"] for pod in made for one in pod["containers"]}
    assert len(images) == 1 and "@sha256:" in images.pop()


def test_every_setting_is_one_that_the_service_reads() -> None:
    known = {variable.name for variable in VARIABLES} | OF_GUNICORN
    assert given().keys() <= known
    reader = Environment({**given(), **dict.fromkeys(secrets(), "x" * 50)})
    for variable in VARIABLES:
        reader.text(variable.name)


def test_what_has_no_default_is_in_the_secret_and_nothing_secret_in_the_settings() -> None:
    assert set(secrets()) == {one.name for one in VARIABLES if one.default is None}
    assert not given().keys() & set(secrets())
    text = (FOLDER / "secret.env.example").read_text()
    assert not re.search(r"^[A-Z_]+=.", text, re.M)


@pytest.mark.parametrize("name", ["HOUSING_KEY_LIMIT", "HOUSING_ADDRESS_LIMIT", "HOUSING_ACCESS"])
def test_compose_has_the_same(name: str) -> None:
    assert given()[name] == example_values()[name]


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
    assert rule["host"] in given()["HOUSING_ALLOWED_HOSTS"].split(",")


def test_probes_ask_what_there_is_by_a_name_that_is_allowed() -> None:
    allowed = given()["HOUSING_ALLOWED_HOSTS"].split(",")
    paths = {}
    for which in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = web()[which]["httpGet"]
        assert resolve(asked["path"])
        hosts = [one["value"] for one in asked["httpHeaders"] if one["name"] == "Host"]
        assert len(hosts) == 1 and hosts[0] in allowed
        paths[which] = asked["path"]
    # A database that is away takes a Pod from the Service, and kills none.
    assert paths == {
        "startupProbe": "/livez",
        "readinessProbe": "/readyz",
        "livenessProbe": "/livez",
    }
    service = named("Service", "web")["metadata"]
    assert f"{service['name']}.{service['namespace']}.svc" in allowed


def test_a_pod_of_web_ends_without_haste() -> None:
    """Proxies forget it, then it answers what it has, then it may be killed."""
    command = commands()["web"]
    answering = int(command[command.index("--graceful-timeout") + 1])
    forgotten = int(web()["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert pods()["web"]["spec"]["terminationGracePeriodSeconds"] >= forgotten + answering + 5


def test_a_new_release_takes_none_of_the_old_ones_away_before_it_is_ready() -> None:
    spec = named("Deployment", "web")["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    # Else each `apply` would undo what the autoscaler did.
    assert "replicas" not in spec
    scaler = named("HorizontalPodAutoscaler", "web")["spec"]
    target = scaler["scaleTargetRef"]
    assert named(target["kind"], target["name"])["apiVersion"] == target["apiVersion"]
    assert scaler["minReplicas"] >= 2


def test_the_connections_that_all_pods_hold_are_documented() -> None:
    scaler = named("HorizontalPodAutoscaler", "web")["spec"]
    most = scaler["maxReplicas"] * int(given()["WEB_CONCURRENCY"]) * CONNECTIONS_OF_A_PROCESS
    assert f"{most} connections" in DOCUMENT


def test_every_queue_has_its_deployment_and_one_beat_says_when() -> None:
    queues = {}
    for name, command in commands().items():
        if "--queues" in command:
            queues[name] = command[command.index("--queues") + 1]
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert queues == {name: name for name in routed | {settings.CELERY_TASK_DEFAULT_QUEUE}}
    assert [name for name, command in commands().items() if "beat" in command] == ["beat"]
    spec = named("Deployment", "beat")["spec"]
    assert spec["replicas"] == 1 and spec["strategy"]["type"] == "Recreate"


def test_nothing_runs_as_root_writes_its_image_or_has_a_token() -> None:
    user, group = next(rest for word, rest in instructions() if word == "USER").split(":")
    for pod in pods().values():
        spec = pod["spec"]
        context = spec["securityContext"]
        assert context["runAsNonRoot"] and context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert (context["runAsUser"], context["runAsGroup"]) == (int(user), int(group))
        assert context["fsGroup"] == int(group)
        assert spec["automountServiceAccountToken"] is False
        named("ServiceAccount", spec["serviceAccountName"])
    for _, container in containers():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    labels = named("Namespace", "valuation")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_what_is_written_is_on_a_volume_that_all_share() -> None:
    (claim,) = of_kind("PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    folder = next(rest for word, rest in instructions() if word == "VOLUME")
    assert given()["HOUSING_VAR"] == folder
    for pod in pods().values():
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        mounted = {
            mount["mountPath"]: volumes[mount["name"]]
            for mount in pod["spec"]["containers"][0]["volumeMounts"]
        }
        shared = mounted[folder]["persistentVolumeClaim"]["claimName"]
        assert shared == claim["metadata"]["name"]
        assert "emptyDir" in mounted["/tmp"]


def test_every_container_says_what_it_needs_and_is_of_one_image() -> None:
    for name, container in containers():
        resources = container["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys(), name
        # Of memory there is a limit; of the processor none: it would hold answers back.
        assert resources["limits"].keys() == {"memory"}, name
    assert len({container["image"] for _, container in containers()}) == 1
