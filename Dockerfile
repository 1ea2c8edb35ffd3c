# Two images. `service` is the production image: without the embedded servers of bin/up, without
# tests. `backup` is the same with PostgreSQL's client: docs/backup.md.

FROM python:3.11.16-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7 AS packages
RUN python -m venv /opt/venv
COPY requirements.txt /
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --requirement /requirements.txt

FROM python:3.11.16-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7 AS service
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOUSING_MODE=production \
    HOUSING_VAR=/var/lib/housing
# A volume that is mounted here takes its owner from this folder.
RUN groupadd --system --gid 10001 housing \
    && useradd --system --uid 10001 --gid housing --no-create-home housing \
    && install --directory --owner housing --group housing /var/lib/housing
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py ./
COPY deploy/gunicorn.conf.py deploy/
COPY data/sample data/sample
COPY learning learning
COPY modelregistry modelregistry
COPY predictions predictions
COPY predictors predictors
COPY ops ops
COPY console console
COPY housing_api housing_api
# Settings want values that this command never uses; none of them stays in the image.
RUN DATABASE_URL=postgresql:///none REDIS_URL=redis://none HOUSING_SECRET_KEY=$(printf %050d 0) \
    python manage.py collectstatic --noinput
# Last: a new revision alone rebuilds nothing above.
ARG HOUSING_REVISION=unknown
ENV HOUSING_REVISION=$HOUSING_REVISION
# By number: Kubernetes cannot tell of a name whether it is root.
USER 10001:10001
VOLUME /var/lib/housing
EXPOSE 8000
# Asks as 127.0.0.1, so HOUSING_ALLOWED_HOSTS must name that too (docker-compose.yml adds it).
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD ["python", "-c", "import urllib.request; urllib.request.build_opener(urllib.request.ProxyHandler({})).open('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["python", "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "housing_api.wsgi"]

FROM service AS backup
USER root
# Of the server's major version: an older pg_dump refuses, and Debian's is older.
ADD --checksum=sha256:0144068502a1eddd2a0280ede10ef607d1ec592ce819940991203941564e8e76 https://www.postgresql.org/media/keys/ACCC4CF8.asc /usr/share/keyrings/postgresql.asc
RUN chmod 644 /usr/share/keyrings/postgresql.asc \
    && . /etc/os-release \
    && echo "deb [signed-by=/usr/share/keyrings/postgresql.asc] https://apt.postgresql.org/pub/repos/apt $VERSION_CODENAME-pgdg main" > /etc/apt/sources.list.d/postgresql.list \
    && apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner housing --group housing /backups
USER 10001:10001
VOLUME /backups
HEALTHCHECK NONE
CMD ["sh", "-c", "exec python manage.py back_up /backups/$(date -u +%Y-%m-%dT%H%M%SZ)"]
