"""The floor: what Django under gunicorn costs before an application does anything.

One view that reads nothing and answers a fixed body; no middleware, no database.
"""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[])


def predict(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b'{"prediction": null}', content_type="application/json")


urlpatterns = [path("api/predict/", predict)]
application = get_wsgi_application()
