"""Backups on Kubernetes: deploy/kubernetes/backup, and the way back in docs/kubernetes.md."""

import os
import re
import subprocess
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import load_command_class

from deploy.images.dockerfile import exec_form

from .files import ROOT
from .manifests import Manifest, check, commands, kubectl, named, of_kind, pods, template

DOCUMENT = (ROOT / "docs" / "kubernetes.md").read_text()
DAY = 24 * 3600
# In place of the service: it says what it was asked, and makes the folder of a backup.
PYTHON = """#!/bin/sh
printf '%s\\n' "$@"
[ "$2" != back_up ] || exec mkdir "$3"
"""


def asked(command: list[str], folder: Path, **environment: str) -> list[str]:
    """What the command of a Pod asks of `manage.py`, with `folder` for /backups."""
    (programs := folder.with_name("programs")).mkdir()
    (programs / "python").write_text(PYTHON)
    (programs / "python").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [part.replace("/backups", str(folder)) for part in command],
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def understood(words: list[str]) -> Namespace:
    """By the command itself. Raises CommandError."""
    program, name, *arguments = words
    assert program == "manage.py"
    return load_command_class("ops", name).create_parser(program, name).parse_args(arguments)


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


def test_it_works(backups: Path) -> None:
    """A backup is made as the image makes one, and those of more than two weeks ago go."""
    for name, days in (("2026-11-01T031500Z", 20), ("2026-11-12T031500Z", 9), ("lost+found", 90)):
        (backups / name).mkdir()
        when = (backups / name).stat().st_mtime - days * DAY
        os.utime(backups / name, (when, when))
    made = understood(asked(commands()["backup"], backups))
    assert set(backups.iterdir()) == {
        made.folder,
        backups / "2026-11-12T031500Z",
        backups / "lost+found",
    }
    shell, option, line = commands()["backup"]
    assert [shell, option, "exec " + line.partition(" && ")[0]] == exec_form("CMD", "backup")


def test_old_backups_stay_when_no_new_one_can_be_made(backups: Path) -> None:
    (old := backups / "2026-11-01T031500Z").mkdir()
    os.utime(old, (0, 0))
    with pytest.raises(subprocess.CalledProcessError):
        asked([part.replace("back_up", "back_up ''") for part in commands()["backup"]], backups)
    assert old.exists()


def test_a_restore_is_of_the_backup_that_is_named(backups: Path) -> None:
    words = asked(commands()["restore"], backups, BACKUP="one", OPTIONS="--replace --jobs 4")
    wanted = understood(words)
    assert (wanted.folder, wanted.replace, wanted.jobs) == (backups / "one", True, 4)


def test_a_restore_of_nothing_is_refused(backups: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        asked(commands()["restore"], backups)
    assert "the name of a folder" in refused.value.stderr


def test_nothing_is_restored_by_itself_and_no_two_backups_run_at_once() -> None:
    backup, restore = (named("CronJob", name)["spec"] for name in ("backup", "restore"))
    assert restore["suspend"] is True and backup["suspend"] is False
    assert restore["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert {backup["concurrencyPolicy"], restore["concurrencyPolicy"]} == {"Forbid"}


def test_they_are_on_a_volume_of_their_own() -> None:
    claims = {one["metadata"]["name"] for one in of_kind("PersistentVolumeClaim")}
    assert claims == {"artifacts", "backups"}
    for name in ("backup", "restore"):
        spec = pods()[name]["spec"]
        claim = {
            volume["name"]: volume["persistentVolumeClaim"]["claimName"]
            for volume in spec["volumes"]
            if "persistentVolumeClaim" in volume
        }
        mounts = {one["mountPath"]: one["name"] for one in spec["containers"][0]["volumeMounts"]}
        assert claim[mounts["/backups"]] == "backups"
        assert claim[mounts["/var/lib/housing"]] == "artifacts"


def test_they_have_what_every_process_has() -> None:
    """backup/process.yaml repeats process.yaml, which is of another kind."""
    prepare = pods()["prepare"]["spec"]
    (prepares,) = prepare["containers"]
    for name in ("backup", "restore"):
        spec = pods()[name]["spec"]
        (container,) = spec["containers"]
        for field in set(prepare) - {"containers", "volumes"}:
            assert spec[field] == prepare[field], field
        for field in ("envFrom", "securityContext"):
            assert container[field] == prepares[field], field
        assert [one for one in spec["volumes"] if one["name"] != "backups"] == prepare["volumes"]


def restoring() -> list[str]:
    """The lines of docs/kubernetes.md."""
    text = DOCUMENT.split("### Restore")[1]
    found = re.search(r"```sh\n(.*?)```", text, re.S)
    assert found
    return found[1].replace("|\n ", "|").splitlines()


def test_the_job_of_a_restore_is_made_as_documented(tmp_path: Path) -> None:
    """But for `create job --from`, which asks the cluster: it takes the CronJob's template."""
    (line,) = [line for line in restoring() if "set env" in line]
    assert "create job restore --from=cronjob/restore --dry-run=client" in line
    job: Manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "restore", "namespace": "valuation"},
        "spec": named("CronJob", "restore")["spec"]["jobTemplate"]["spec"],
    }
    (file := tmp_path / "job.yaml").write_text(yaml.safe_dump(job))
    words = line.split("|")[1].split()
    assert words.pop(0) == "kubectl"
    made: Any = yaml.safe_load(
        kubectl(*(word.replace("--filename=-", f"--filename={file}") for word in words))
    )
    check(made)
    (container,) = template(made)["spec"]["containers"]
    given = {one["name"]: one["value"] for one in container["env"]}
    assert given == {"BACKUP": "$NAME", "OPTIONS": "--replace"}
    assert all(f"${name}" in line or name in container["command"][-1] for name in given)


def test_a_restore_stops_everything_and_starts_all_of_it_again() -> None:
    lines = restoring()
    order = ("suspend", "--replicas=0", "--for=delete", "set env", "logs", "release.sh")
    places = [next(at for at, line in enumerate(lines) if word in line) for word in order]
    assert places == sorted(places) and "deployment/web" in lines[-1]
    # The autoscaler leaves alone what has no Pods, and the manifest says no number.
    fewest = named("HorizontalPodAutoscaler", "web")["spec"]["minReplicas"]
    assert lines[-1].endswith(f"scale deployment/web --replicas={fewest}")
    (waits,) = [line for line in lines if "--for=delete" in line]
    waited = re.search(r"component in \(([\w,]+)\)", waits)
    assert waited
    assert set(waited[1].split(",")) == {one["metadata"]["name"] for one in of_kind("Deployment")}
