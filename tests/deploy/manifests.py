"""The manifests of deploy/kubernetes, as kubectl puts them together for a cluster."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from .files import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
BACKUP = FOLDER / "backup"
# What Kustomize merges into others, which have the rest.
PATCHES = {FOLDER / "process.yaml", FOLDER / "after-prepare.yaml", BACKUP / "process.yaml"}
SCHEMA = json.loads((Path(__file__).parent / "kubernetes-1.37.json").read_text())
Manifest = dict[str, Any]
WITH_PODS = ("Deployment", "Job", "CronJob")


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
    """With the component for backups, as a kustomization of one's own takes it in."""
    with TemporaryDirectory() as folder:
        path = os.path.relpath(FOLDER, Path(folder).resolve())
        Path(folder, "kustomization.yaml").write_text(
            f"resources: [{path}]\ncomponents: [{path}/backup]\n"
        )
        return tuple(yaml.safe_load_all(kubectl("kustomize", folder)))


def files() -> dict[Path, list[Manifest]]:
    """Those that Kustomize puts together, as they stand: nothing but YAML is needed."""
    found = sorted([*FOLDER.glob("*.yaml"), *BACKUP.glob("*.yaml")])
    return {
        file: list(yaml.safe_load_all(file.read_text()))
        for file in found
        if file.name != "kustomization.yaml"
    }


def check(manifest: Manifest, *, is_whole: bool = True) -> None:
    """Raises jsonschema.ValidationError, also of a field that Kubernetes does not know."""
    definition = SCHEMA["kinds"][f"{manifest['apiVersion']}/{manifest['kind']}"]
    definitions = SCHEMA["$defs"]
    if not is_whole:
        definitions = {
            name: {key: value for key, value in one.items() if key != "required"}
            for name, one in definitions.items()
        }
    schema = {"$ref": f"#/$defs/{definition}", "$defs": definitions}
    jsonschema.Draft202012Validator(schema).validate(manifest)


def named(kind: str, name: str) -> Manifest:
    return next(one for one in of_kind(kind) if one["metadata"]["name"] == name)


def of_kind(*kinds: str) -> list[Manifest]:
    return [one for one in manifests() if one["kind"] in kinds]


def pods() -> dict[str, Manifest]:
    """The Pods' templates by the name of what makes them."""
    return {one["metadata"]["name"]: template(one) for one in of_kind(*WITH_PODS)}


def template(manifest: Manifest) -> Manifest:
    spec = manifest["spec"]
    found: Manifest = spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec
    pod: Manifest = found["template"]
    return pod


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
    return {
        one["metadata"]["name"]: template(one)["spec"]
        for file, inside in files().items()
        for one in inside
        if one["kind"] in WITH_PODS and file.name != "process.yaml"
    }


def commands() -> dict[str, list[str]]:
    """Of each Deployment, Job and CronJob, by its name."""
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
