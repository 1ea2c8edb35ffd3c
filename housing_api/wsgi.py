import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "housing_api.settings")
if settings.TRACED:  # it adds to the middleware, which the application reads once
    import_module("ops.tracing").start(service="valuation-web")
application = get_wsgi_application()
