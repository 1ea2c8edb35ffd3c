"""What the Pods are promised, and promise: probes, ends, rollouts, queues, rights, volumes."""

from django.conf import settings
from django.urls import resolve

from deploy.images.dockerfile import instructions

from .files import ROOT
from .manifests import (
    commands,
    containers,
    named,
    of_kind,
    pods,
    settings_given,
    waiting,
    web,
)

DOCUMENT = (ROOT / "docs" / "kubernetes.md").read_text()
# docs/deploy.md, "More replicas".
CONNECTIONS_OF_A_PROCESS = 11


def test_probes_ask_what_there_is_by_a_name_that_is_allowed() -> None:
    allowed = settings_given()["HOUSING_ALLOWED_HOSTS"].split(",")
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
    waits, seconds = web()["lifecycle"]["preStop"]["exec"]["command"]
    forgotten = int(seconds)
    assert waits == "sleep" and forgotten >= 5
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
    processes = scaler["maxReplicas"] * int(settings_given()["WEB_CONCURRENCY"])
    assert f"{processes * CONNECTIONS_OF_A_PROCESS} connections" in DOCUMENT


def test_every_deployment_waits_until_the_database_is_up_to_date() -> None:
    waits = {
        name: [one["command"] for one in pod["spec"].get("initContainers", ())]
        for name, pod in pods().items()
    }
    for name, commands_before in waits.items():
        is_deployment = name in {one["metadata"]["name"] for one in of_kind("Deployment")}
        assert commands_before == ([waiting()] if is_deployment else []), name
    longest = named("Job", "prepare")["spec"]["activeDeadlineSeconds"]
    for one in of_kind("Deployment"):
        assert one["spec"]["progressDeadlineSeconds"] > longest


def test_a_node_is_emptied_also_of_pods_that_are_not_well() -> None:
    spec = named("PodDisruptionBudget", "web")["spec"]
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_names_are_asked_of_the_cluster_and_of_the_node() -> None:
    """NodeLocal DNSCache answers at an address of the node's: no selector of Pods takes it."""
    rule = named("NetworkPolicy", "servers")["spec"]["egress"][1]
    assert {(port["protocol"], port["port"]) for port in rule["ports"]} == {
        ("UDP", 53),
        ("TCP", 53),
    }
    cluster, node = rule["to"]
    assert cluster["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}}
    assert node == {"ipBlock": {"cidr": "169.254.20.10/32"}}
    assert "169.254.20.10" in DOCUMENT


def test_the_commands_that_are_run_are_those_that_a_cluster_gets() -> None:
    """tests/deploy/test_commands.py reads them without kubectl."""
    given = {name: pod["spec"]["containers"][0]["command"] for name, pod in pods().items()}
    assert given == commands()


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
    claim = named("PersistentVolumeClaim", "artifacts")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    folder = next(rest for word, rest in instructions() if word == "VOLUME")
    assert settings_given()["HOUSING_VAR"] == folder
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
    images = {name: container["image"] for name, container in containers()}
    # That for backups has PostgreSQL's client besides.
    of_backups = {images.pop("backup"), images.pop("restore")}
    assert len(of_backups) == len(set(images.values())) == 1
    assert of_backups.isdisjoint(images.values())
