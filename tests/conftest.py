import fcntl
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.test.utils import setup_databases, teardown_databases

from learning.artifact import Artifact
from modelregistry.models import ModelVersion
from modelregistry.services import activate_version, register_version
from predictors.homes.ml.schema import HOME_FIELDS
from predictors.homes.training import train
from tests.live import Apart, Live, start
from tests.servers import REAL_DATA, TOGETHER

SAMPLE = settings.BASE_DIR / "data" / "sample"
DATA_FOLDERS = {"sample": SAMPLE} | ({"real": Path(REAL_DATA)} if REAL_DATA else {})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of the real data's own figures exist only where the real data is."""
    if REAL_DATA:
        return
    left_out = [item for item in items if item.get_closest_marker("real_data")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_blocker: Any,
) -> Iterator[None]:
    """The sample is loaded and the basic model active before the first test.

    Instead of pytest-django's own, which makes no database for tests that only copy it.
    """
    kept = django_db_keepdb and not django_db_createdb
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, keepdb=kept)
        if not ModelVersion.objects.exists():
            load_the_sample()
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


def load_the_sample() -> None:
    settings.DATA_FOLDER = str(SAMPLE)
    call_command("make_partitions")
    call_command("load_demographics")
    call_command("load_sales")
    call_command("train_model", "homes", recipe="basic", activate=True)
    call_command("load_seconds")
    call_command("train_model", "bitcoin", activate=True)


@pytest.fixture(scope="session")
def champion_artifact(django_db_setup: None, django_db_blocker: Any) -> Artifact:
    """What the recipe makes of the sample, trained once."""
    with django_db_blocker.unblock():
        return train(recipe="champion", files={})


@pytest.fixture(params=list(DATA_FOLDERS))
def data_folder(request: pytest.FixtureRequest, db: None) -> Path:
    """A data folder whose files are loaded and learned: the sample, and the real one if given."""
    folder = DATA_FOLDERS[request.param]
    if request.param == "real":
        call_command("load_demographics", folder / "zipcode_demographics.csv")
        call_command("load_sales", folder / "kc_house_data.csv")
        call_command("train_model", "homes", recipe="basic", activate=True)
    return folder


@pytest.fixture
def active_version(db: None) -> ModelVersion:
    return ModelVersion.objects.active("homes").get()


@pytest.fixture(scope="session")
def champion_passed(champion_artifact: Artifact, django_db_blocker: Any) -> ModelVersion:
    """As the gate let it through, once; its files stay, its row does not."""
    with django_db_blocker.unblock(), transaction.atomic():
        version = register_version(
            predictor="homes",
            name=champion_artifact.name,
            model_bytes=champion_artifact.model_bytes,
            features_bytes=champion_artifact.features_bytes,
            metrics=champion_artifact.metrics,
            trained_on=champion_artifact.trained_on,
        )
        transaction.set_rollback(True)
    return version


@pytest.fixture
def champion_version(db: None, champion_passed: ModelVersion) -> ModelVersion:
    """The champion that learned from the sample, active."""
    version = deepcopy(champion_passed)
    version.pk = None
    version._state.adding = True
    version.version = ModelVersion.objects.of("homes").latest("version").version + 1
    version.save()
    return activate_version(predictor="homes", version=version.version, actor="test")


@pytest.fixture
def home() -> dict[str, Any]:
    """All 18 facts of a home that is valued without complaint."""
    return {field.name: field.example for field in HOME_FIELDS}


@pytest.fixture
def minimal_home(home: dict[str, Any]) -> dict[str, Any]:
    names = ("bedrooms", "bathrooms", "sqft_living", "sqft_lot", "floors", "sqft_above")
    return {name: home[name] for name in (*names, "sqft_basement", "zipcode")}


@pytest.fixture
def api(db: None) -> Client:
    """Errors come back as responses, as over HTTP."""
    return Client(raise_request_exception=False)


@pytest.fixture(scope="session")
def started_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `bin/up` keeps between its starts, after the first: copies of it start quickly."""
    folder = Path(TOGETHER or tmp_path_factory.mktemp("before"))
    with (folder / "started.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process makes it for all
        said, var = folder / "said", folder / "started"
        if not said.exists():
            service = start(var)
            service.activate(1)
            assert service.stop() == 0
            said.write_text(service.text)
    return var


@pytest.fixture
def own(started_before: Path, tmp_path: Path) -> Iterator[Live]:
    """A service of its own, for a test that breaks things."""
    service = start(copy_of(started_before, tmp_path))
    yield service
    service.stop()


@pytest.fixture(scope="module")
def apart(started_before: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """A service for tests that break it and leave it mended, or started again."""
    apart = Apart(start(copy_of(started_before, tmp_path_factory.mktemp("apart"))))
    yield apart
    apart.service.stop()


def copy_of(var: Path, folder: Path) -> Path:
    # Not shutil: PostgreSQL wants its files to be its own.
    subprocess.run(["cp", "-a", str(var), str(folder / "own")], check=True)
    return folder / "own"


@pytest.fixture(scope="session")
def live(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Live]:
    """The whole product as a user starts it: `bin/up` on the sample; the basic model answers."""
    folder = tmp_path_factory.mktemp("live")
    if TOGETHER:  # each process has one: only the first start of the first is slow
        before: Path = request.getfixturevalue("started_before")
        service = start(copy_of(before, folder))
        # The password was shown at that first start.
        service.output.insert(0, (before.parent / "said").read_text())
    else:
        service = start(folder)
        service.activate(1)
    yield service
    service.stop()
