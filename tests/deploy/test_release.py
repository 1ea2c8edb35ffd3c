"""deploy/kubernetes/release.sh, with a kubectl that writes down what it is asked."""

import os
import re
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from .files import ROOT
from .manifests import FOLDER, kubectl, manifests

SCRIPT = FOLDER / "release.sh"
# It tells what becomes of the Job by way of the real one, which so reads the expression.
STUB = """#!/bin/sh
echo "$*" >> "$FOLDER/calls"
case "$*" in
*"get job prepare"*)
    while [ "$1" != --output ]; do shift; done
    exec "$KUBECTL" label --local --filename "$FOLDER/job.yaml" seen=yes --output "$2" ;;
*logs*) echo "what prepare said" ;;
esac
"""
# A cluster at an address of this machine where nobody listens.
NOBODY = """
clusters: [{name: nobody, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: nobody, context: {cluster: nobody, user: nobody}}]
current-context: nobody
users: [{name: nobody, user: {}}]
"""


@dataclass
class Release:
    done: "subprocess.CompletedProcess[str]"
    calls: list[str]


def release(folder: Path, *conditions: str) -> Release:
    """Of the folder `mine`, when the Job has these conditions."""
    kubectl("version", "--client")  # skips the test where there is none
    there = [{"type": one, "status": "True"} for one in conditions]
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "prepare"},
        "status": {"conditions": [{"type": "Suspended", "status": "False"}, *there]},
    }
    (folder / "job.yaml").write_text(yaml.safe_dump(job))
    stub = folder / "kubectl"
    stub.write_text(STUB)
    stub.chmod(0o755)
    environment = {
        **os.environ,
        "KUBECTL": str(shutil.which("kubectl")),
        "FOLDER": str(folder),
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "LOOKS": "2",
        "PAUSE": "0",
    }
    done = subprocess.run(
        [str(SCRIPT), "mine"], env=environment, capture_output=True, text=True, timeout=60
    )
    return Release(done, (folder / "calls").read_text().splitlines())


def test_it_works(tmp_path: Path) -> None:
    """The Job goes, is applied with what it needs, ends well; then comes what serves."""
    made = release(tmp_path, "SuccessCriteriaMet", "Complete")
    assert made.done.returncode == 0, made.done.stderr
    assert [call.split(" --output")[0] for call in made.calls] == [
        "--namespace valuation delete job prepare --ignore-not-found",
        "apply --kustomize mine --selector after!=prepare",
        "--namespace valuation get job prepare",
        "apply --kustomize mine",
    ]


def test_a_preparation_that_failed_leaves_what_serves(tmp_path: Path) -> None:
    made = release(tmp_path, "FailureTarget", "Failed")
    assert made.done.returncode == 1
    assert "what prepare said" in made.done.stderr and "prepare failed" in made.done.stderr
    assert "apply --kustomize mine" not in made.calls


def test_a_preparation_that_is_about_to_fail_is_waited_for(tmp_path: Path) -> None:
    """Kubernetes says so first (1.31 and newer), then ends its Pods."""
    made = release(tmp_path, "FailureTarget")
    assert made.done.returncode == 1 and "has not ended" in made.done.stderr
    assert sum("get job" in call for call in made.calls) == 2
    assert "apply --kustomize mine" not in made.calls


def test_all_but_what_serves_is_applied_before_the_job_has_ended() -> None:
    selector = re.search(r"--selector '(\w+)!=(\w+)'", SCRIPT.read_text())
    assert selector
    name, value = selector.groups()
    late = {
        one["kind"] for one in manifests() if one["metadata"].get("labels", {}).get(name) == value
    }
    early = {one["kind"] for one in manifests()} - late
    assert late == {"Deployment"}
    assert {"Namespace", "ConfigMap", "ServiceAccount", "NetworkPolicy", "Job"} < early


def test_it_waits_for_longer_than_the_job_may_take() -> None:
    looks, pause = re.findall(r"\$\{(?:LOOKS|PAUSE):-(\d+)\}", SCRIPT.read_text())
    job = next(one for one in manifests() if one["kind"] == "Job")["spec"]
    assert int(looks) * int(pause) > job["activeDeadlineSeconds"]
    # Gone before the next release wants another.
    assert job["ttlSecondsAfterFinished"] <= 600


def test_every_documented_command_is_one_that_kubectl_understands(tmp_path: Path) -> None:
    """Each comes as far as a cluster that is not there: a flag that there is none of would not."""
    kubectl("version", "--client")  # skips the test where there is none
    (nobody := tmp_path / "config").write_text(NOBODY)
    (secret := tmp_path / "secret.env").write_text("A=b\n")
    text = (ROOT / "docs" / "kubernetes.md").read_text()
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.S)).replace("|\n", "|")
    parts = [part.strip() for line in blocks.splitlines() for part in line.split("|")]
    asked = [
        part.replace("deploy/kubernetes/secret.env", str(secret))
        for part in parts
        if part.startswith("kubectl ")
    ]
    assert len(asked) > 20

    def said(command: str) -> str:
        there = {**os.environ, "KUBECONFIG": str(nobody), "HOME": str(tmp_path)}
        words = shlex.split(command, comments=True)
        done = subprocess.run(words, env=there, input="", capture_output=True, text=True)
        return done.stderr if done.returncode else ""

    understood = re.compile(r"^$|refused|no objects passed to apply")
    with ThreadPoolExecutor(2) as pool:
        for command, answer in zip(asked, pool.map(said, asked), strict=True):
            assert understood.search(answer), f"{command}: {answer}"


@pytest.mark.parametrize("file", ["docs/kubernetes.md", "docs/deploy.md"])
def test_documented_commands_can_be_read_by_a_shell(file: str) -> None:
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / file).read_text(), re.S):
        subprocess.run(["sh", "-n"], input=block, text=True, check=True)
        assert shlex.split(block, comments=True)
