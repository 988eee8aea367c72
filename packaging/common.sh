# What the package and the offline folder share. Read by both scripts; needs POSIX sh, a Python with venv and pip.
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
dist=${DIST:-$root/dist}
version=$("$python" -c 'import sys, tomllib; print(tomllib.load(open(sys.argv[1], "rb"))["project"]["version"])' "$root/pyproject.toml")
series=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
# The set that was tried, with the hash of each file, where this Python and machine have one.
lock=$root/packaging/lock-$series-$(uname -m).txt

# Puts the product and all it depends on, as wheels, into a folder.
gather_wheels() {
    "$python" -m venv "$work/build"
    "$work/build/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$1" "$root"
    if [ -f "$lock" ]; then
        "$work/build/bin/python" -m pip download --quiet --disable-pip-version-check --only-binary=:all: \
            --require-hashes --requirement "$lock" --dest "$1"
    else
        echo "没有 $lock，按最新的可用版本 / no such lock: the newest versions that fit" >&2
        "$work/build/bin/python" -m pip wheel --quiet --disable-pip-version-check --wheel-dir "$1" "$1"/hallcall-*.whl
    fi
}
