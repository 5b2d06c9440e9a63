# Sourced by the scripts beside it: makes .venv in the checkout and puts it first on the path.
# environment         what the bot needs
# environment dev     and what its tests and checks need

cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    say "roomreel needs Python 3.11 or newer, and found none. On Debian: apt-get install python3 python3-venv"
    exit 1
}

make_venv() {
    local python="$1"
    "$python" -m venv .venv 2>/dev/null && return
    # Debian's python3 comes without ensurepip.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing python3-venv ..."
        apt-get -qq update && apt-get -qq install -y --no-install-recommends python3-venv >/dev/null
        "$python" -m venv --clear .venv && return
    fi
    say "Could not make a virtual environment in .venv. On Debian: apt-get install python3-venv"
    exit 1
}

environment() {
    local extra="${1:-}" python stamp wanted
    python="$(find_python)"
    wanted="$(cat pyproject.toml scripts/constraints.txt | cksum)"
    stamp=".venv/.roomreel-${extra:-bot}"
    [ -x .venv/bin/pip ] || make_venv "$python" # what was begun without ensurepip has a python, and no pip
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        say "Setting up .venv (a minute or two the first time) ..."
        .venv/bin/python -m pip install --quiet --disable-pip-version-check \
            --constraint scripts/constraints.txt --editable ".${extra:+[$extra]}" >&2
        printf '%s' "$wanted" >"$stamp"
    fi
    export PATH="$PWD/.venv/bin:$PATH"
}
