# Sourced by bin/play and bin/test: finds Python, makes .venv, installs what a requirements file pins.
# Sets $root and $python. Needs nothing but a Python with venv.

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            return
        fi
    done
    found=$(python3 -V 2>/dev/null || echo "no Python")
    echo "Cannot start: Python 3.11 or newer is needed; found ${found#Python }. Set PYTHON to one." >&2
    exit 1
}

# install FILE: make $root/.venv hold what FILE pins; quick when nothing has changed.
install() {
    venv="$root/.venv"
    stamp="$venv/.installed-$(basename "$1" .txt)"
    wanted=$(cat "$root"/requirements*.txt | cksum)
    if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
        echo "Making .venv…" >&2
        if ! "$python" -m venv --clear "$venv"; then
            echo "Cannot start: this Python cannot make a virtual environment. On Debian: apt install python3-venv" >&2
            exit 1
        fi
    fi
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        echo "Installing $(basename "$1")…" >&2
        if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$1"; then
            echo "Cannot start: installing $(basename "$1") failed; the lines above say why." >&2
            exit 1
        fi
        echo "$wanted" > "$stamp"
    fi
    python="$venv/bin/python"
}
