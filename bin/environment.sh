# Sourced by the scripts beside it: `environment FILE…` makes .venv with these locked requirements.
# shellcheck shell=sh

find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    echo "$0: Python 3.11 or newer is needed (with venv and ensurepip: python3-venv on Debian); set PYTHON to name one" >&2
    exit 1
}

environment() {
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        python=$(find_python) || exit 1
        echo "making .venv with $($python --version)"
        "$python" -m venv --clear .venv || exit 1
    fi
    for file in "$@"; do
        stamp=".venv/installed-$(basename "$file")"
        if ! cmp -s "$file" "$stamp"; then
            echo "installing $file (the first time takes half a minute)"
            .venv/bin/python -m pip install -qq --disable-pip-version-check \
                --require-hashes --requirement "$file" || {
                echo "$0: installing $file failed; the reason stands above" >&2
                exit 1
            }
            cp "$file" "$stamp"
        fi
    done
    PATH="$PWD/.venv/bin:$PATH"
    HOUSING_REVISION=${HOUSING_REVISION:-$(git describe --always --dirty 2>/dev/null || echo unknown)}
    export PATH HOUSING_REVISION
}
