"""Training here and now, for commands: as one run per predictor like any other."""

import os
import resource
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from django.db.models.functions import Now

from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.training.carrying_out import carry_out_here
from predictions.training.locks import alone
from predictions.training.models import TrainingRun
from predictions.training.services import already_runs, checked_recipe, lose, open_run


def train_version(
    *,
    predictor: str,
    trigger: str,
    requested_by: str,
    recipe: str = "",
    files: Mapping[str, Path] | None = None,
    activate: bool = False,
) -> ModelVersion:
    """Train and register what comes out, in this process. Raises DomainError, DataError.

    From the database; `files` by name stand in for tables. `recipe`: by default the first.
    """
    recipe = checked_recipe(predictor, recipe)
    catalog.require_files(predictor, files or ())
    with alone(predictor) as lock:
        if lock is None:
            raise already_runs(predictor)
        for dead in TrainingRun.objects.of(predictor).running():
            lose(dead)  # nobody holds its lock: we do
        run = open_run(
            predictor=predictor,
            recipe=recipe,
            trigger=trigger,
            requested_by=requested_by[:150],
            forced=True,
            parameters={
                "files": {name: path.name for name, path in (files or {}).items()},
                "activate": activate,
            },
            state=TrainingRun.State.RUNNING,
            started_at=Now(),
            host=socket.gethostname(),
            pid=os.getpid(),
        )
        try:
            return carry_out_here(run, files=files or {}, activate=activate)
        finally:
            run.note(peak_memory_mb=peak_megabytes())


def peak_megabytes() -> int:
    """Of this process; Linux counts in kilobytes, macOS in bytes (getrusage(2))."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)
