# What the package and the offline folder share. Read by both scripts; needs POSIX sh, a Python with venv and pip.
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
dist=${DIST:-$root/dist}
version=$("$python" -c 'import sys, tomllib; print(tomllib.load(open(sys.argv[1], "rb"))["project"]["version"])' "$root/pyproject.toml")
series=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
lock=$root/packaging/lock.txt # the set that was tried, with the hash of each file
"$python" -m venv "$work/build"
build=$work/build/bin/python

# Puts the product, as a wheel, into a folder.
make_wheel() {
    "$build" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$1" "$root"
}
