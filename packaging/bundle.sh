#!/bin/sh
# Makes dist/hallcall-VERSION-PYTHON-MACHINE/: wheels and a script that installs them with the network cut off.
set -eu
. "$(dirname "$0")/common.sh"
bundle=$dist/hallcall-$version-py$series-$(uname -m)
rm -rf "$bundle"
mkdir -p "$bundle/wheels"
gather_wheels "$bundle/wheels"
cp "$root/packaging/install.sh" "$bundle/install.sh"
chmod 755 "$bundle/install.sh"
printf '%s\n' "$series" >"$bundle/python-version"
cp -r "$root/README.md" "$root/docs" "$bundle/"
(cd "$bundle" && sha256sum wheels/* >sha256sums)
echo "$bundle"
