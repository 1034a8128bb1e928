# Stepwise with models on NVIDIA GPUs: CUDA, vLLM, and elan, Lean and Mathlib.
#
#   docker build -f docker/gpu.Dockerfile -t stepwise:gpu .
#   docker run --gpus all --shm-size 8g -v "$PWD/runs:/data/runs" -v "$HOME/.cache/huggingface:/home/stepwise/.cache/huggingface" \
#       stepwise:gpu prove minif2f --project /opt/mathlib --policy vllm:ByteDance-Seed/BFS-Prover-V2-7B
#
# The build context is the root of the repository. PyTorch and vLLM bring their own CUDA libraries; the base image has
# the compiler that vLLM's kernels are generated with at run time.

ARG CUDA=12.9.1
FROM nvidia/cuda:${CUDA}-devel-ubuntu24.04
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        bubblewrap ca-certificates curl git python3 python3-dev python3-venv tini \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 STEPWISE_CACHE=/opt/stepwise/cache ELAN_HOME=/opt/elan
ENV PATH=/opt/stepwise/venv/bin:/opt/elan/bin:$PATH
WORKDIR /opt/stepwise/source
COPY pyproject.toml README.md LICENSE ./
COPY lean_env lean_env
COPY prover prover
COPY benchmarks benchmarks
COPY lake-project lake-project
# Ubuntu's image has a user of its own with the number 1000
RUN python3 -m venv /opt/stepwise/venv \
    && pip install '.[vllm,ray]' \
    && (userdel --remove ubuntu || true) \
    && useradd --create-home --uid 1000 stepwise \
    && mkdir -p "$STEPWISE_CACHE" /data /opt/elan /opt/mathlib \
    && chown stepwise:stepwise "$STEPWISE_CACHE" /data /opt/elan /opt/mathlib
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
ENTRYPOINT ["tini", "--"]
CMD ["prove", "--help"]
