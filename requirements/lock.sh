#!/bin/sh
# Recompute the hashed locks after editing an .in file. Run from anywhere; needs uv on PATH.
# torch stays out of every lock: which build fits depends on the machine (CPU or CUDA).
set -eu
cd "$(dirname "$0")"
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"
}
compile web.in -o web.lock
compile -c web.lock embedded.in -o embedded.lock
compile -c web.lock test.in -o test.lock
UV_FIND_LINKS="${UV_FIND_LINKS:-$(echo "${PIP_FIND_LINKS:-}" | tr ' ' ,)}" \
    uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-package torch -c web.lock inference.in -o inference.lock
