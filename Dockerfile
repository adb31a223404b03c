# papertrends without root: one volume, no port. The versions are those of constraints.txt, tested on Python 3.11.
FROM python:3.11-slim-bookworm

RUN useradd --uid 10001 --create-home papertrends \
    && install --directory --owner 10001 --group 10001 /data /home/papertrends/.prefect

WORKDIR /opt/papertrends
COPY pyproject.toml setup.py install.py papertrends.py constraints.txt README.md LICENSE ./
COPY analytics analytics
COPY reports reports
COPY flows flows
COPY data data
# pip asks the registries of an optional secret file (docker build --secret id=pip,src=pip.conf .).
# Compiled here, because the user of the container cannot write there.
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    python install.py postgres && python -m compileall -q /usr/local/lib/python3.11/site-packages .

ENV PAPERTRENDS_WORKSPACE=/data \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1 \
    NUMBA_CACHE_DIR=/home/papertrends/.cache/numba
USER 10001:10001
# Also the folder of an own papertrends.toml.
WORKDIR /data
VOLUME /data
ENTRYPOINT ["papertrends"]
CMD ["serve", "arxiv:cat:cs.AI", "arxiv:cat:cs.LG"]
