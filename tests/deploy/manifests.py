"""The manifests of deploy/kubernetes, as kubectl puts them together for a cluster."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from .files import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
SCHEMA = json.loads((Path(__file__).parent / "kubernetes-1.37.json").read_text())
Manifest = dict[str, Any]


def kubectl(*arguments: str) -> str:
    """Skips the test where there is none, unless KUBECTL_REQUIRED is set."""
    if shutil.which("kubectl") is None:
        why = "kubectl is not installed"
        pytest.fail(why) if os.environ.get("KUBECTL_REQUIRED") else pytest.skip(why)
    done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


@cache
def manifests() -> tuple[Manifest, ...]:
    return tuple(yaml.safe_load_all(kubectl("kustomize", str(FOLDER))))


def named(kind: str, name: str) -> Manifest:
    return next(one for one in of_kind(kind) if one["metadata"]["name"] == name)


def of_kind(*kinds: str) -> list[Manifest]:
    return [one for one in manifests() if one["kind"] in kinds]


def pods() -> dict[str, Manifest]:
    """The Pods' templates by the name of what makes them."""
    return {
        one["metadata"]["name"]: one["spec"]["template"] for one in of_kind("Deployment", "Job")
    }


def settings_given() -> dict[str, str]:
    """Those of the ConfigMap."""
    return {name: value for one in of_kind("ConfigMap") for name, value in one["data"].items()}


def web() -> Manifest:
    """The container that answers."""
    container: Manifest = pods()["web"]["spec"]["containers"][0]
    return container


def containers() -> Iterator[tuple[str, Manifest]]:
    for name, pod in pods().items():
        for container in (*pod["spec"]["containers"], *pod["spec"].get("initContainers", ())):
            yield name, container


@cache
def written() -> dict[str, Manifest]:
    """Pods' specifications as they stand in the files, without kubectl; `any` waits for prepare."""
    found = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        for one in yaml.safe_load_all(file.read_text()):
            if one["kind"] in ("Deployment", "Job") and file.name != "process.yaml":
                found[one["metadata"]["name"]] = one["spec"]["template"]["spec"]
    return found


def commands() -> dict[str, list[str]]:
    """Of each Deployment and Job, by its name."""
    return {
        name: pod["containers"][0]["command"] for name, pod in written().items() if name != "any"
    }


def waiting() -> list[str]:
    """What every Deployment does first."""
    command: list[str] = written()["any"]["initContainers"][0]["command"]
    return command


def probe(name: str, which: str) -> list[str]:
    """The command of a probe, or of a step of the container's life."""
    container = written()[name]["containers"][0]
    found = container.get(which) or container["lifecycle"][which]
    command: list[str] = found["exec"]["command"]
    return command
