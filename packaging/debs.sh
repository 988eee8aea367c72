#!/bin/sh
# Fetches into FOLDER the Debian packages that a PC of this machine's release needs, with all that they depend on, so that apt
# takes the folder for a source: debs.sh FOLDER. Packages that every Debian has come along where others name them: the
# release's first version of each is what its installer brings too, and apt leaves a newer one alone.
set -eu
folder=$1
wanted="python3 python3-venv espeak-ng fonts-noto-cjk chromium cage cups-client"
mkdir -p "$folder/partial"
: >"$folder/status" # as if nothing were installed
get() {
    apt-get --quiet=2 --yes --no-install-recommends --download-only -o Dir::State::status="$folder/status" \
        -o Dir::Cache::archives="$folder" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o Debug::NoLocking=true -o APT::Sandbox::User="$(id -un)" install "$@" >/dev/null
}
# shellcheck disable=SC2086
get $wanted 2>/dev/null || { apt-get update --quiet=2 && get $wanted; }
rm -rf "$folder/partial" "$folder/status" "$folder/lock"
for deb in "$folder"/*.deb; do
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$(basename "$deb")" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
done >"$folder/Packages"
echo "$wanted" >"$folder/wanted"
(. /etc/os-release && echo "$VERSION_CODENAME $(dpkg --print-architecture)") >"$folder/release"
