"""Who guesses passwords is locked out, by user and address; who knows his own is not."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from predictions.logins import backends
from predictions.logins.errors import LoginBusy
from predictions.logins.tasks import forget_old_attempts
from tests.predictions.versions.conftest import basic, quick_passwords, staff

__all__ = ["quick_passwords"]
PATH = "/api/models/homes/1/activate/"
LIMIT = settings.AXES_FAILURE_LIMIT
OFFICE, HOME = "10.0.0.1", "10.0.0.2"


def posted(api: Client, headers: dict[str, str], address: str = OFFICE, path: str = PATH) -> Any:
    return api.post(path, "", content_type="application/json", headers=headers, REMOTE_ADDR=address)


def guess(api: Client, times: int, name: str = "olga", address: str = OFFICE) -> list[int]:
    return [posted(api, basic(name, "wrong"), address).status_code for _ in range(times)]


@pytest.fixture
def olga(db: None) -> dict[str, str]:
    return staff("olga", "change_modelversion")


def test_it_works(api: Client, olga: dict[str, str]) -> None:
    assert guess(api, LIMIT) == [401] * (LIMIT - 1) + [429]
    response = posted(api, olga)
    assert (response.status_code, response.json()["code"]) == (429, "login-locked")
    assert response["Retry-After"] == "900"
    # Not from elsewhere, and nobody else.
    assert posted(api, olga, HOME).status_code == 200
    assert posted(api, staff("vera", "change_modelversion")).status_code == 200


def test_after_the_cool_off_the_right_password_opens_again(
    api: Client, olga: dict[str, str]
) -> None:
    guess(api, LIMIT)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert posted(api, olga).status_code == 200


def test_guesses_while_locked_neither_prolong_it_nor_are_kept(
    api: Client, olga: dict[str, str]
) -> None:
    guess(api, LIMIT)
    before = AccessAttempt.objects.values().get()
    assert set(guess(api, 5)) == {429}
    assert AccessAttempt.objects.values().get() == before


def test_behind_proxies_it_is_the_callers_address(
    api: Client, olga: dict[str, str], settings: Any
) -> None:
    settings.PROXIES = 1
    for _ in range(LIMIT):
        posted(api, {**basic("olga", "wrong"), "X-Forwarded-For": "6.6.6.6, 1.2.3.4"})
    assert AccessAttempt.objects.get().ip_address == "1.2.3.4"
    assert posted(api, {**olga, "X-Forwarded-For": "1.2.3.4"}).status_code == 429
    assert posted(api, {**olga, "X-Forwarded-For": "1.2.3.4, 4.3.2.1"}).status_code == 200


def test_the_form_of_the_admin_locks_and_says_so(client: Client, olga: dict[str, str]) -> None:
    sent = {"username": "olga", "password": "wrong"}
    pages = [client.post("/admin/login/", sent) for _ in range(LIMIT)]
    assert [page.status_code for page in pages] == [200] * (LIMIT - 1) + [429]
    page = client.post("/admin/login/", {"username": "olga", "password": "correct horse"})
    assert (page.status_code, page["Retry-After"]) == (429, "900")
    assert "10 wrong passwords" in page.text and "try again in 15 minutes" in page.text
    assert not client.get("/admin/").wsgi_request.user.is_authenticated


def test_whoever_logs_in_begins_anew(client: Client, olga: dict[str, str]) -> None:
    wrong, right = ({"username": "olga", "password": p} for p in ("wrong", "correct horse"))
    for _ in range(LIMIT - 1):
        client.post("/admin/login/", wrong)
    assert client.post("/admin/login/", right).status_code == 302
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize(
    "name", ["x" * 151, "x" * 100_000, "nul\x00", "", "café", "日本", "\ud800"]
)
@pytest.mark.parametrize("path", [PATH, "/api/models/%00/", "/api/models/" + "x" * 3000 + "/"])
def test_odd_names_and_paths_are_refused_like_any_other(
    api: Client, olga: dict[str, str], name: str, path: str
) -> None:
    headers = basic(name.encode("utf-8", "surrogatepass").decode("latin-1"), "wrong")
    assert posted(api, headers, path=path).status_code in (401, 404)


def test_an_address_that_is_none_is_no_reason_to_fail(
    api: Client, olga: dict[str, str], settings: Any
) -> None:
    settings.PROXIES = 1
    headers = {**basic("olga", "wrong"), "X-Forwarded-For": "nonsense"}
    assert [posted(api, headers).status_code for _ in range(LIMIT)][-1] == 429


def test_a_wrong_password_does_not_make_an_upload_be_read(
    api: Client, olga: dict[str, str]
) -> None:
    form = {"name": "x", "model": "y"}
    response = api.post("/api/models/homes/", form, headers=basic("olga", "wrong"))
    assert response.status_code == 401
    assert AccessAttempt.objects.get().post_data == ""


def test_half_of_the_threads_check_passwords_and_the_others_say_so_at_once(
    settings: Any, db: None
) -> None:
    """The first ones are in the middle of a real, slow hash while the next one asks."""
    hashing, go_on = threading.Semaphore(0), threading.Event()

    class Slow(PBKDF2PasswordHasher):
        def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
            hashing.release()
            assert go_on.wait(20)
            return super().encode(password, salt, 1)

    settings.PASSWORD_HASHERS = [f"{__name__}.Slow"]
    globals()["Slow"] = Slow

    def check() -> Any:
        return backends.Passwords().authenticate(None, "nobody", "x")

    def check_in_a_thread() -> Any:
        try:
            return check()
        finally:
            connection.close()

    with ThreadPoolExecutor(settings.PASSWORD_CHECKS) as pool:
        checks = [pool.submit(check_in_a_thread) for _ in range(settings.PASSWORD_CHECKS)]
        for _ in checks:
            assert hashing.acquire(timeout=20)
        with pytest.raises(LoginBusy):
            check()
        go_on.set()
        assert [each.result(20) for each in checks] == [None] * len(checks)
    assert check() is None


def test_staff_look_at_the_guesses_and_unlock(client: Client, api: Client, olga: Any) -> None:
    guess(api, LIMIT)
    client.force_login(User.objects.create_superuser("root"))
    assert OFFICE in client.get("/admin/axes/accessattempt/").text
    attempt = AccessAttempt.objects.get()
    assert client.get(f"/admin/axes/accessattempt/{attempt.pk}/change/").status_code == 200
    choice = {"action": "unlock", "_selected_action": [attempt.pk]}
    client.post("/admin/axes/accessattempt/", choice)
    assert posted(api, olga).status_code == 200


def test_what_locks_nobody_any_more_is_forgotten(api: Client, olga: dict[str, str]) -> None:
    guess(api, 1)
    forget_old_attempts()
    assert AccessAttempt.objects.count() == 1
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    forget_old_attempts()
    assert AccessAttempt.objects.count() == 0
