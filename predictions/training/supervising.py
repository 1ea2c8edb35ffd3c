"""A worker's part of a run: to watch over the process that trains, and to say how it ended."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from learning.niceness import step_back
from predictions import request_ids
from predictions.training.locks import alone
from predictions.training.models import TrainingRun
from predictions.training.services import lose

LOOK_SECONDS = 0.2
GRACE_SECONDS = 1.0
MOST_SAID = 8_192
LONGEST_SECONDS = 6 * 3600
"""Shorter than the broker's visibility timeout (settings): a message comes twice only if lost."""

State = TrainingRun.State


def supervise(run_id: int) -> None:
    """Do a queued run, once, whoever else was told of it too; nothing if it is not queued."""
    run = TrainingRun.objects.filter(pk=run_id, state=State.QUEUED).first()
    if run is None:
        return
    request_ids.go_on_for(run.request_id)
    with alone(run.predictor) as lock:
        # If another has it, somebody looks again in a moment (look_after).
        if lock is None or not run.claim(host=socket.gethostname(), pid=os.getpid()):
            return
        with tempfile.TemporaryFile() as said:
            trainer = Trainer(run, said)
            try:
                verdict = _watch(trainer, lock)
            finally:
                peak = trainer.end()
            last = _end_of(said)
        sys.stderr.write(last)
        connection.close()  # after hours, and the database may have been away meanwhile
        run.note(peak_memory_mb=peak)
        _close(run, verdict or _verdict_of(trainer, last))


def _end_of(said: IO[bytes]) -> str:
    start = max(0, said.seek(0, os.SEEK_END) - MOST_SAID)
    said.seek(start)
    if start:
        said.readline()  # the rest of one
    return said.read().decode(errors="replace").replace("\x00", "\ufffd")


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    why: str
    traceback: str = ""


class Trainer:
    """`manage.py run_training` in a process of its own, with what the others leave of the cores."""

    def __init__(self, run: TrainingRun, said: IO[bytes]) -> None:
        """`said`: where its standard error goes."""
        self.run_id = run.pk
        self.exit_code: int | None = None
        self._peak = 0
        # It ends with us: its standard input does.
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "run_training", str(run.pk)],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stderr=said,
            start_new_session=True,
        )
        step_back(self._process.pid)

    def has_ended(self) -> bool:
        if self.exit_code is None:
            pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
                self._process.returncode = self.exit_code
                # Of the largest process, be it the one at the gate; kilobytes, on macOS bytes.
                self._peak = usage.ru_maxrss
        return self.exit_code is not None

    def end(self) -> int:
        """Its peak of memory, MB. Killed if it has not ended: nothing that it does is half done."""
        if not self.has_ended():
            self._process.terminate()  # that it ends what it has started
            deadline = time.monotonic() + GRACE_SECONDS
            while not self.has_ended() and time.monotonic() < deadline:
                time.sleep(0.02)
        while not self.has_ended():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            time.sleep(0.02)
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


def _watch(trainer: Trainer, lock: BaseDatabaseWrapper) -> Verdict | None:
    """Until it ends, or must; None if it has ended by itself."""
    worker, began = os.getppid(), time.monotonic()
    while not trainer.has_ended():
        if os.getppid() != worker:
            return Verdict(State.LOST, "the worker is gone")
        if time.monotonic() - began > LONGEST_SECONDS:
            return Verdict(State.FAILED, f"not done within {LONGEST_SECONDS // 3600} hours")
        try:
            state, is_cancelled = _standing(trainer.run_id, lock)
        except Error as error:
            return Verdict(State.LOST, f"the database was away: {error}")
        if state == State.RUNNING and is_cancelled:
            return Verdict(State.CANCELLED, "cancelled")
        if state == State.LOST:
            return Verdict(State.LOST, "given up")
        time.sleep(LOOK_SECONDS)
    return None


def _standing(run_id: int, lock: BaseDatabaseWrapper) -> tuple[str, bool]:
    """On the lock's own connection: when that is gone, so is the lock."""
    with lock.cursor() as cursor:
        cursor.execute(
            "SELECT state, cancel_requested FROM training_trainingrun WHERE id = %s", [run_id]
        )
        state, is_cancelled = cursor.fetchone()
    return state, is_cancelled


def _verdict_of(trainer: Trainer, said: str) -> Verdict:
    """For a run that its trainer has not ended."""
    code = trainer.exit_code or 0
    if code < 0:
        return Verdict(State.LOST, f"its process was ended by {signal.Signals(-code).name}")
    return Verdict(State.FAILED, f"its process ended with {code}", said)


def _close(run: TrainingRun, verdict: Verdict) -> None:
    """Nothing for a run that has ended."""
    if verdict.state == State.LOST:
        lose(run, verdict.why)
    else:
        run.end(verdict.state, verdict.why, traceback=verdict.traceback)
