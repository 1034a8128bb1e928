# Stepwise for machines without a GPU.
#
#   docker build -f docker/cpu.Dockerfile --target bundled -t stepwise:bundled .   # the Lean that comes with Stepwise
#   docker build -f docker/cpu.Dockerfile --target mathlib -t stepwise:mathlib .   # elan, Lean and Mathlib
#
# The build context is the root of the repository. Both targets end with a proof that a fresh Lean has verified, so an
# image that was built is one that works.

FROM python:3.12-slim-bookworm AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap ca-certificates git tini \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 STEPWISE_CACHE=/opt/stepwise/cache
WORKDIR /opt/stepwise/source
COPY pyproject.toml README.md LICENSE ./
COPY lean_env lean_env
COPY prover prover
COPY benchmarks benchmarks
COPY lake-project lake-project
RUN pip install '.[ray]' \
    && useradd --create-home --uid 1000 stepwise \
    && mkdir -p "$STEPWISE_CACHE" /data \
    && chown stepwise:stepwise "$STEPWISE_CACHE" /data
ENTRYPOINT ["tini", "--"]
CMD ["prove", "--help"]

FROM base AS bundled
USER 1000
WORKDIR /data
RUN prove "theorem built (p q : Prop) (h : p ∧ q) : q ∧ p := by sorry" --out /tmp/built && rm -r /tmp/built

FROM base AS mathlib
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/*
ENV ELAN_HOME=/opt/elan PATH=/opt/elan/bin:$PATH
RUN mkdir -p /opt/elan /opt/mathlib && chown stepwise:stepwise /opt/elan /opt/mathlib
USER 1000
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN curl --proto '=https' --tlsv1.2 -fsSL https://elan.lean-lang.org/elan-init.sh \
    | sh -s -- -y --no-modify-path --default-toolchain none
WORKDIR /opt/mathlib
COPY --chown=stepwise:stepwise lake-project ./
RUN lake update && lake exe cache get && rm -rf /home/stepwise/.cache/mathlib
WORKDIR /data
RUN prove "theorem built (a b : ℝ) : 2 * a * b ≤ a ^ 2 + b ^ 2 := by sorry" --project /opt/mathlib --out /tmp/built \
    && rm -r /tmp/built
