from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from modelregistry.models import ModelVersion

Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """The usual hash takes 0.2 s, that being its purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


def staff(name: str, *permissions: str, is_staff: bool = True) -> dict[str, str]:
    """Make a user; what authenticates it."""
    user = User.objects.create_user(name, password="correct horse", is_staff=is_staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return basic(name, "correct horse")


@pytest.fixture
def olga(db: None) -> dict[str, str]:
    """An operator who may do everything here."""
    return staff("olga", "change_modelversion", "add_modelversion")


@pytest.fixture
def second(active_version: ModelVersion) -> ModelVersion:
    return another()


def another() -> ModelVersion:
    """The newest model once more, under the next number."""
    version = ModelVersion.objects.of("homes").last()
    assert version is not None
    version.pk, version.version, version.is_active = None, version.version + 1, False
    version.save()
    return version


@pytest.fixture
def post(api: Client, olga: dict[str, str]) -> Post:
    """Post JSON, or nothing, as olga."""

    def send(path: str, body: Any = "", **more: Any) -> Any:
        more = {"headers": olga, "content_type": "application/json"} | more
        return api.post(f"/api/models/{path}", body, **more)

    return send
