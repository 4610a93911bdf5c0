# A live command in a container: docs/container.md
#   docker build -t edge-sense .
#   docker run --rm edge-sense airdigit-live --mock --digits 314 --seed 1
FROM python:3.11-slim-bookworm AS build
COPY . /source
RUN python -m venv /opt/edge-sense \
    && /opt/edge-sense/bin/pip install --no-cache-dir "/source[mqtt,wyoming]"

FROM python:3.11-slim-bookworm
# PortAudio for microphones, with the plugin for the sound server of the host.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libportaudio2 libasound2-plugins \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 --groups audio,dialout edge
COPY --from=build /opt/edge-sense /opt/edge-sense
ENV PATH=/opt/edge-sense/bin:$PATH PYTHONUNBUFFERED=1
USER 1000
WORKDIR /home/edge
# The metrics and the wake-word service, if they are chosen.
EXPOSE 9110 10400
CMD ["kws-listen", "--wait"]
