#!/bin/sh
# Make .venv and install the named hashed locks into it:
#     sh requirements/install.sh web embedded [test] [inference] [torch]
# A copy of every installed lock stays in .venv/locks, so that a second call costs nothing.
#
# torch is in no lock: a local wheel is taken from the find-links folders, UV_TORCH_BACKEND=cpu asks for
# the small CPU build where PyTorch's own index can be reached, and otherwise it is the CUDA build.
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.8
TORCH_VERSION=${TORCH_VERSION:-2.13.0}
python=.venv/bin/python

say() { echo "$*" >&2; }
fail() { say "annotate: $*"; exit 1; }

can_apt() { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; }
apt_install() {
    say "installing $* from the distribution …"
    apt-get -qq update >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" </dev/null >&2
}

# The first Python new enough; 3.11 first, as a local torch wheel may be for that version alone.
find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    base=$(find_python) || { can_apt && apt_install python3 python3-venv && base=$(find_python); } ||
        fail "Python 3.11 or newer is needed; install it, or name it: PYTHON=/path/to/python3"
    "$base" -c 'import ensurepip, venv' 2>/dev/null || { can_apt && apt_install python3-venv; } ||
        fail "Python's venv module is missing; as root: apt-get install python3-venv"
    say "making .venv with $("$base" --version) …"
    "$base" -m venv --clear .venv || fail "$base could not make .venv; the reason stands above"
}

# Whether .venv is there and belongs to the Python that it runs (an upgrade of the system may change that).
venv_works() {
    [ -x "$python" ] &&
        "$python" -c 'import os, sysconfig, sys; sys.exit(not os.path.isdir(sysconfig.get_path("purelib")))'
}

# pip's setting from its environment variable, else from its configuration files.
pip_setting() {
    eval "value=\${PIP_$1:-}"
    [ -n "$value" ] || value=$(printf '%s\n' "$pip_settings" | sed -n "s/^[a-z]*\.$2='\(.*\)'\$/\1/p" | tail -n 1)
    printf '%s' "$value" | sed 's/\\n/ /g; s/^ *//; s/ *$//'
}

# uv reads none of pip's settings: hand them on, unless uv has its own.
hand_on_pip_settings() {
    pip_settings=$("$python" -m pip config list 2>/dev/null) || pip_settings=
    index=$(pip_setting INDEX_URL index-url)
    extra=$(pip_setting EXTRA_INDEX_URL extra-index-url | tr ' ' '\n' | grep '^https\{0,1\}:' | tr '\n' ' ') || true
    links=$(pip_setting FIND_LINKS find-links | tr -s ' ' ,)
    certificates=$(pip_setting CERT cert)
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-}}" ]; then export UV_DEFAULT_INDEX="$index"; fi
    if [ -n "$extra" ] && [ -z "${UV_INDEX:-${UV_EXTRA_INDEX_URL:-}}" ]; then
        # Like pip, take a file from whichever index has it; the hashes say that it is the right one.
        export UV_INDEX="$extra" UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}"
    fi
    if [ -n "$links" ] && [ -z "${UV_FIND_LINKS:-}" ]; then export UV_FIND_LINKS="$links"; fi
    if [ -n "$certificates" ] && [ -z "${SSL_CERT_FILE:-}" ]; then export SSL_CERT_FILE="$certificates"; fi
}

# pip_install ARGS: with uv where it can be had, else with pip, which reads the same locks.
pip_install() {
    if [ -x .venv/bin/uv ]; then
        .venv/bin/uv pip install --quiet --python "$python" "$@"
    else
        "$python" -m pip install --quiet --disable-pip-version-check "$@"
    fi
}

installation_failed() {
    command -v cc >/dev/null || say "(a package without a file made for this machine also needs a C compiler: gcc make libc6-dev)"
    fail "the installation failed; the reason stands above"
}

is_installed() {
    case $1 in
        torch) [ "$(cat .venv/locks/torch 2>/dev/null)" = "$TORCH_VERSION" ] ;;
        *) cmp -s "requirements/$1.lock" ".venv/locks/$1.lock" ;;
    esac
}

all_installed() {
    venv_works || return 1
    for name; do is_installed "$name" || return 1; done
}

install_all() {
    venv_works || make_venv
    mkdir -p .venv/locks
    hand_on_pip_settings
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >&2
    [ -x .venv/bin/uv ] || "$python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" ||
        say "uv cannot be had; going on with pip, which takes longer"
    say "installing $* …"
    torch=no
    locks=
    for name; do if [ "$name" = torch ]; then torch=yes; else locks="$locks -r requirements/$name.lock"; fi; done
    # shellcheck disable=SC2086 # a list of words
    pip_install --require-hashes $locks || installation_failed
    if [ $torch = yes ]; then
        pip_install "torch==$TORCH_VERSION" || installation_failed
    fi
    for name; do
        if [ "$name" = torch ]; then echo "$TORCH_VERSION" >.venv/locks/torch; else cp "requirements/$name.lock" .venv/locks/; fi
    done
}

all_installed "$@" && exit 0
mkdir -p .venv
if command -v flock >/dev/null; then
    exec 9>.venv/.installing # not .lock, which is uv's own
    flock 9
    all_installed "$@" && exit 0
fi
install_all "$@"
