#!/bin/sh
# Resolves the three lock files with exact versions and hashes. torch and its CUDA packages are left
# out: scripts/setup.py installs the CPU build, whose file differs from one package index to another.
set -eu
cd "$(dirname "$0")/.."
without_torch=$(printf -- '--no-emit-package %s ' torch triton cuda-bindings cuda-pathfinder cuda-toolkit \
  nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft \
  nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 \
  nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx)
compile="uv pip compile --quiet --generate-hashes --no-header --no-annotate"
$compile --universal --python-version 3.11 -c requirements/torch.in $without_torch pyproject.toml -o requirements/app.txt
$compile --universal --python-version 3.11 -c requirements/torch.in -c requirements/app.txt --extra dev \
  $without_torch pyproject.toml -o requirements/dev.txt
$compile --universal --python-version 3.8 requirements/engine.in -o requirements/engine.txt
