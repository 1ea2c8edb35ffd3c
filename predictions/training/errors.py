from modelregistry.errors import DomainError


class UnknownTrainingRun(DomainError):
    code = "unknown-training-run"
    title = "No such training run"
    status = 404


class TrainingAlreadyRuns(DomainError):
    """One per predictor at a time; `run` and `url` say which."""

    code = "training-already-runs"
    title = "The predictor is being trained already"
    status = 409


class TrainingFinished(DomainError):
    code = "training-finished"
    title = "The training run has finished"
    status = 409


class NoLongerWanted(DomainError):
    """Within a run: it was cancelled, or given up for lost."""

    code = "training-cancelled"
    title = "The training was cancelled"
    status = 409

    def __init__(self) -> None:
        super().__init__("the training was cancelled")
