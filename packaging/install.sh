#!/bin/sh
# Installs hallcall from this folder, without a network: sudo sh install.sh [FOLDER]; default /opt/hallcall.
# It needs Debian's python3 and python3-venv, 3.11 to 3.13 (PYTHON: another). What this PC's Debian lacks (these two, the browser,
# Chinese letters, the voice) comes from debs/ where that is of its release; HALLCALL_DEBS=no leaves Debian as it is.
# Run again it updates: on a PC that was set up the new version is on trial, and the old one comes back by itself where it does
# not work there (updating.py).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=${1:-/opt/hallcall}
(cd "$here" && sha256sum --quiet --check sha256sums) || {
    echo "安装包不完整，请重新复制 / this folder is damaged: copy it again" >&2
    exit 2
}

of_this_release() {
    [ -f "$here/debs/release" ] && [ "$(cat "$here/debs/release")" = "$(. /etc/os-release && echo "${VERSION_CODENAME-} $(dpkg --print-architecture)")" ]
}

lacking() {
    for each in $(cat "$here/debs/wanted"); do
        dpkg-query -W -f='${Status}' "$each" 2>/dev/null | grep -q "ok installed" || echo "$each"
    done
}

# Lets apt take debs/ for its only source: no network is asked, and what is installed already stays.
add_debs() {
    apt=$(mktemp -d)
    mkdir -p "$apt/lists/partial"
    ln -s "$here/debs" "$apt/debs" # a folder's name may have spaces, a source's has none
    echo "deb [trusted=yes] file:$apt/debs ./" >"$apt/source"
    set -- -o Dir::Etc::sourcelist="$apt/source" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$apt/lists" \
        -o APT::Sandbox::User=root --quiet=2 --yes --no-install-recommends "$@"
    DEBIAN_FRONTEND=noninteractive apt-get "$@" update && DEBIAN_FRONTEND=noninteractive apt-get "$@" install $missing >/dev/null
    failed=$?
    rm -rf "$apt"
    return $failed
}

if [ "${HALLCALL_DEBS-}" != no ] && [ "$(id -u)" = 0 ] && of_this_release; then
    missing=$(lacking | tr '\n' ' ')
    [ -z "$missing" ] || {
        echo "安装 Debian 软件包 / installing Debian packages: $missing"
        add_debs || echo "有的没有装上，稍后请运行 hallcall doctor / not all of them: see hallcall doctor later" >&2
    }
fi
python=
for each in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if command -v "$each" >/dev/null && "$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
        python=$each
        break
    fi
done
[ -n "$python" ] || {
    echo "本机没有 Python 3.11–3.13，请先安装 / this machine has no Python 3.11 to 3.13: install one first" >&2
    exit 2
}
"$python" -c 'import ensurepip' 2>/dev/null || {
    echo "缺少 python3-venv，请先安装 / python3-venv is missing: install it first" >&2
    exit 2
}

fill() {
    [ -x "$place/bin/python" ] || "$python" -m venv "$place" || return
    set -- "$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps
    "$@" --find-links "$here/wheels" --require-hashes --requirement "$here/lock.txt" || return
    "$@" --force-reinstall "$here"/wheels/hallcall-*.whl
}

"$python" "$here/updating.py" keep "$place"
fill || {
    [ ! -d "$place-previous" ] || { rm -rf "$place" && mv "$place-previous" "$place" && rm -f "$place/.on-trial"; }
    echo "没有装上，原来的版本不变 / not installed; what was there before stays" >&2
    exit 1
}
"$python" "$here/updating.py" try "$place"
"$place/bin/hallcall" --version
[ -f /etc/hallcall/setup.json ] || echo "已安装。下一步 / installed. Next: sudo $place/bin/hallcall setup HALL.toml"
