#!/bin/sh
# Installs hallcall from this folder, without a network: sudo sh install.sh [FOLDER]; default /opt/hallcall.
# It needs Debian's python3 and python3-venv of the version in python-version. Run again it updates.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=${1:-/opt/hallcall}
series=$(cat "$here/python-version")
python=${PYTHON:-python$series}
command -v "$python" >/dev/null || {
    echo "本机没有 Python $series；请装它，或换用本机 Python 的安装包" >&2
    echo "This machine has no Python $series: install it, or take the bundle of this machine's Python" >&2
    exit 2
}
"$python" -c 'import ensurepip' 2>/dev/null || {
    echo "缺少 python3-venv，请先安装 / python3-venv is missing: install it first" >&2
    exit 2
}
(cd "$here" && sha256sum --quiet --check sha256sums) || {
    echo "安装包不完整，请重新复制 / this folder is damaged: copy it again" >&2
    exit 2
}
[ -x "$place/bin/python" ] || "$python" -m venv "$place"
"$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$here/wheels" \
    --upgrade --force-reinstall hallcall
"$place/bin/hallcall" --version
echo "已安装。下一步 / installed. Next: sudo $place/bin/hallcall setup HALL.toml"
