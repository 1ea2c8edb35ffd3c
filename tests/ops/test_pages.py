"""What pages refuse before they read it."""

import io

import pytest
from django.conf import settings
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT

PAGES = ("/", "/admin/login/", "/console/operations/")


class Body(io.BytesIO):
    """Of a form with one large file."""

    def __init__(self, size: int) -> None:
        begins = (
            f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=file; filename=a\r\n"
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        super().__init__(begins.encode() + bytes(size) + f"\r\n--{BOUNDARY}--\r\n".encode())


@pytest.mark.parametrize(("above", "statuses"), [(0, {403, 405}), (10_000_000, {413})])
@pytest.mark.parametrize("path", PAGES)
def test_it_works(db: None, path: str, above: int, statuses: set[int]) -> None:
    """Of somebody unknown, with a token that he made up: Django looks for its pair in the body."""
    browser = Client(enforce_csrf_checks=True)
    browser.cookies[settings.CSRF_COOKIE_NAME] = "t" * 32
    body = Body(settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2 + above)
    extra = {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(len(body.getbuffer())),
        "CONTENT_TYPE": MULTIPART_CONTENT,
    }
    response = browser.generic("POST", path, **extra)  # type: ignore[arg-type]
    assert response.status_code in statuses
    assert (body.tell() > 0) is (413 not in statuses)
    if 413 in statuses:
        assert response.json()["code"] == "body-too-large"
