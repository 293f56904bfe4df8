# Two images from one file: `app` (web, workers, beat) and `gpu` (scoring with reward models).
#   docker build --target app -t annotate .
#   docker build --target gpu -t annotate-gpu .
# All packages come from the hashed locks; torch, which no lock holds, is pinned by version.

FROM python:3.11-slim AS base
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data
WORKDIR /app

# A compiler-free build stage: every locked package has a wheel.
FROM base AS packages
RUN pip install --no-cache-dir uv==0.13.8 && uv venv /venv
COPY requirements/web.lock requirements/
RUN uv pip install --python /venv/bin/python --no-cache --require-hashes -r requirements/web.lock

FROM packages AS gpu-packages
ARG TORCH_VERSION=2.13.0
COPY requirements/inference.lock requirements/
RUN uv pip install --python /venv/bin/python --no-cache --require-hashes -r requirements/inference.lock \
    && uv pip install --python /venv/bin/python --no-cache torch==${TORCH_VERSION}

FROM base AS files
COPY manage.py LICENSE ./
COPY annotate annotate
COPY inference inference
COPY templates templates
COPY static static
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin annotate \
    && install -d -o annotate -g annotate -m 0750 /data

FROM files AS app
COPY --from=packages /venv /venv
RUN python -m compileall -q annotate inference
USER annotate
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "annotate.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "32", "--keep-alive", "15"]

FROM files AS gpu
COPY --from=gpu-packages /venv /venv
RUN python -m compileall -q annotate inference
USER annotate
VOLUME /data
CMD ["celery", "-A", "annotate", "worker", "-Q", "gpu", "-P", "solo", "--prefetch-multiplier", "1", "--loglevel", "INFO"]
