#!/bin/sh
# Makes dist/hallcall-VERSION-offline/: the wheels of CPython 3.11–3.13 for Linux on x86-64 and ARM64 and for Windows, the
# Debian packages of the release that it is made on, and scripts that install them with the network cut off.
set -eu
. "$(dirname "$0")/common.sh"
bundle=$dist/hallcall-$version-offline
rm -rf "$bundle"
mkdir -p "$bundle/wheels"
"$build" "$root/packaging/lock.py" fetch "$bundle/wheels"
make_wheel "$bundle/wheels"
for name in install.sh updating.py running_hall.py lock.txt platforms.txt install.cmd start.cmd; do
    cp "$root/packaging/$name" "$bundle/$name"
done
chmod 755 "$bundle/install.sh"
! command -v apt-get >/dev/null || sh "$root/packaging/debs.sh" "$bundle/debs"
cp -r "$root/README.md" "$root/docs" "$bundle/"
(cd "$bundle" && find wheels debs -type f 2>/dev/null | sort | xargs sha256sum lock.txt ./*.py ./*.cmd >sha256sums)
echo "$bundle"
