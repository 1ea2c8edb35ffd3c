"""Django settings. Values come from `environment.py`; what they mean stands in docs/settings.md."""

import os
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from housing_api.databases import database_from_url
from housing_api.environment import ROOT, Environment
from housing_api.logs import logging_of
from housing_api.openapi import OPENAPI
from housing_api.predictors import PREDICTOR_APPS
from housing_api.schedule import SCHEDULE

environment = Environment()

# Before numpy and scikit-learn are imported, which read it once. Which of several equally near
# homes scikit-learn takes depends on its number of threads: with one everywhere, a model answers in
# a replay what it answered in serving. One prediction is too small to be shared among cores anyway;
# training asks for more by itself.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

API_VERSION = "1.0.0"
REVISION = environment.text("HOUSING_REVISION")

PRODUCTION = environment.text("HOUSING_MODE") == "production"
DEBUG = False
SECRET_KEY = environment.text("HOUSING_SECRET_KEY")
if PRODUCTION and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("HOUSING_SECRET_KEY: at least 50 characters are needed")
ACCESS = environment.text("HOUSING_ACCESS")
ALLOWED_HOSTS = environment.names("HOUSING_ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = environment.names("HOUSING_TRUSTED_ORIGINS")
BASE_DIR = ROOT
VAR = Path(environment.text("HOUSING_VAR"))
DATA_FOLDER = environment.text("HOUSING_DATA")
MAX_BODY_BYTES = environment.number("HOUSING_MAX_BODY")
MAX_BULK_BYTES = environment.number("HOUSING_MAX_BULK")
MAX_OUTCOMES_BYTES = environment.number("HOUSING_MAX_OUTCOMES")
MAX_UPLOAD_BYTES = environment.number("HOUSING_MAX_UPLOAD")
DATA_UPLOAD_MAX_MEMORY_SIZE = max(MAX_BODY_BYTES, MAX_BULK_BYTES, MAX_OUTCOMES_BYTES, 2_621_440)
MAX_BATCH_BYTES = environment.number("HOUSING_MAX_BATCH")
BATCH_ROWS = environment.number("HOUSING_BATCH_ROWS", minimum=1)
BATCH_CHUNK_ROWS = environment.number("HOUSING_BATCH_CHUNK", minimum=1)
BATCH_STORE_BYTES = environment.number("HOUSING_BATCH_STORE")
# Of a web process (deploy/gunicorn.conf.py). Half of them may receive files at a time.
WEB_THREADS = int(os.environ.get("WEB_THREADS", "8"))
BATCH_UPLOADS = max(1, WEB_THREADS // 2)
BATCH_DAYS = environment.number("HOUSING_BATCH_DAYS")
AUDIT_SECONDS = environment.number("HOUSING_AUDIT_SECONDS")
STATEMENT_SECONDS = environment.number("HOUSING_STATEMENT_SECONDS")
GATE_SECONDS = environment.number("HOUSING_GATE_SECONDS")
GATE_MEMORY = environment.number("HOUSING_GATE_MEMORY")
IDEMPOTENCY_HOURS = environment.number("HOUSING_IDEMPOTENCY_HOURS", minimum=1)
SHADOW_DAYS = environment.number("HOUSING_SHADOW_DAYS")
USAGE_DAYS = environment.number("HOUSING_USAGE_DAYS", minimum=1)
CLIENT_KEY = environment.text("HOUSING_KEY")
PROXIES = environment.number("HOUSING_PROXIES")
KEY_LIMIT = environment.number("HOUSING_KEY_LIMIT")
ADDRESS_LIMIT = environment.number("HOUSING_ADDRESS_LIMIT")
MAP_TILES = environment.text("HOUSING_MAP_TILES")
MAP_CREDIT = environment.text("HOUSING_MAP_CREDIT")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_celery_results",
    "django_structlog",
    "axes",
    "modelregistry",
    "predictions",
    "predictions.keys",
    "predictions.logins",
    "predictions.idempotency",
    "predictions.outcomes",
    "predictions.drift",
    "predictions.promotion",
    "predictions.training",
    "predictions.shadow",
    "predictions.batches",
    "predictions.thinning",
    "predictions.traffic",
    *PREDICTOR_APPS,
    "console",
    "ops",
    "ops.usage",
    "housing_api",
]

MIDDLEWARE = [
    "ops.request_id.RequestIdMiddleware",
    "ops.request_log.RequestLogMiddleware",
    "ops.usage.counting.CountingMiddleware",
    "ops.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "predictions.admission.AdmissionMiddleware",
    "ops.pages.PageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
# A question to a predictor passes only these; the rest is for pages (predictions.questions).
QUESTION_MIDDLEWARE = [
    "ops.request_id.RequestIdMiddleware",
    "ops.request_log.QuestionLogMiddleware",
    "ops.usage.counting.CountingMiddleware",
    "ops.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "predictions.admission.AdmissionMiddleware",
]

ROOT_URLCONF = "housing_api.urls"
WSGI_APPLICATION = "housing_api.wsgi.application"
# A redirect would turn a POST into a GET: a missing slash gets a 404 that names the right path.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# ATOMIC_REQUESTS stays off: it would roll back the audit row of a failed request.
DATABASES = {"default": database_from_url(environment.text("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# The first refuses who guessed too often, before any password is looked at.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "predictions.logins.backends.Passwords",
]
# Half of the threads of a web process may check a password: the others go on.
PASSWORD_CHECKS = max(1, WEB_THREADS // 2)
AXES_FAILURE_LIMIT = environment.number("HOUSING_LOGIN_ATTEMPTS", minimum=1)
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Nobody locks a user out of other addresses, nor a whole office by one user.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_CLIENT_IP_CALLABLE = "predictions.logins.locking.address"
AXES_LOCKOUT_CALLABLE = "predictions.logins.locking.page"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
# The production image collects the files once; elsewhere the packages' own copies are served.
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
# Nobody else's pages need them.
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "media"},
    },
    "artifacts": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "artifacts"},
    },
    "batches": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "batches"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

REDIS_URL = environment.text("REDIS_URL")
# Celery spells a Unix socket differently from redis-py.
CELERY_BROKER_URL = (
    f"redis+socket://{REDIS_URL.removeprefix('unix://')}"
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Redis gives a task to somebody else when nobody has said within this time that it is done: longer
# than the longest task. What a killed worker left is found sooner, in PostgreSQL (docs/operate.md).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 12 * 3600,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    # These look after those that train, and ask for more: never behind them.
    "predictions.training.look_after": {"queue": "default"},
    "predictions.training.retrain": {"queue": "default"},
    "predictions.training.*": {"queue": "training"},
    # Not behind the batches, whose messages may be lost while others are worked on.
    "predictions.batches.look_after": {"queue": "default"},
    "predictions.batches.remove_old_files": {"queue": "default"},
    "predictions.batches.*": {"queue": "batches"},
}
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
CELERY_RESULT_EXPIRES = timedelta(days=7)
# What a task found stands in its own tables; a task that is to be found by its id asks for it.
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Schedules are rows, to be edited in the admin; these are added to them at each start of beat,
# which reads `expire_seconds` of their options, not `expires`.
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = SCHEDULE

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "predictions.problems.exception_handler",
}

SPECTACULAR_SETTINGS = OPENAPI | {"VERSION": API_VERSION}

UNFOLD = {
    "SITE_TITLE": "Valuation service",
    "SITE_HEADER": "Valuation service",
    "ENVIRONMENT": "predictions.admin.data_label",
    "LOGIN": {"form": "predictions.logins.forms.LoginForm"},
}

LOG_FORMAT = environment.log_format()
LOGGING = logging_of(environment.text("HOUSING_LOG_LEVEL"), LOG_FORMAT)
# A message to a worker carries the request's id; what becomes of it is logged with it.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
ACCESS_LOG = environment.text("HOUSING_ACCESS_LOG")
SLOW_MS = environment.number("HOUSING_SLOW_MS")
TRACED = bool(environment.text("OTEL_EXPORTER_OTLP_ENDPOINT"))

# What else browsers are told: ops/headers.py.
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Staff sign in for a working day.
SESSION_COOKIE_AGE = 12 * 3600
if PRODUCTION:
    HTTPS = environment.flag("HOUSING_HTTPS")
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
    SECURE_SSL_REDIRECT = HTTPS
    # Probes and Prometheus come from inside, over plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
    SESSION_COOKIE_SECURE = HTTPS
    CSRF_COOKIE_SECURE = HTTPS
    if HTTPS:
        # No other host of the domain can set them, nor can plain HTTP (RFC 6265bis, 4.1.3.2).
        SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
    SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
    SECURE_HSTS_PRELOAD = HTTPS
