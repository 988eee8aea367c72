#!/bin/sh
# Builds dist/hallcall_VERSION_ARCH.deb: the product and its dependencies as a venv under /opt/hallcall, run by the release's
# own Python (Debian 12: 3.11, Debian 13: 3.13), for which it is built. `hallcall setup` then makes the services.
set -eu
. "$(dirname "$0")/common.sh"
arch=$(dpkg --print-architecture)
tree=$work/tree
place=/opt/hallcall
next=$("$python" -c 'import sys; print("%d.%d" % (sys.version_info[0], sys.version_info[1] + 1))')

make_wheel "$work/wheels"
mkdir -p "$tree$place" "$tree/usr/bin" "$tree/usr/lib/hallcall" "$tree/DEBIAN" "$tree/usr/share/doc/hallcall"
"$python" -m venv --without-pip "$tree$place"
install() {
    "$build" -m pip --python "$tree$place/bin/python" install --quiet --disable-pip-version-check --no-compile --no-deps "$@"
}
install --only-binary=:all: --require-hashes --requirement "$lock"
install --no-index "$work"/wheels/hallcall-*.whl
# The venv was made here and will lie there: its few texts name the place, its interpreter is the release's.
grep -rlIF "$tree" "$tree$place/bin" "$tree$place/pyvenv.cfg" | xargs -r sed -i "s#$tree##g"
for name in python python3 "python$series"; do ln -sf /usr/bin/python3 "$tree$place/bin/$name"; done
sed -i "s#^home = .*#home = /usr/bin#; s#^executable = .*#executable = /usr/bin/python$series#; /^command = /d" "$tree$place/pyvenv.cfg"
"$python" -m compileall -q -j 1 -s "$tree" "$tree$place/lib" >/dev/null || true
ln -s "$place/bin/hallcall" "$tree/usr/bin/hallcall"
cp "$root/packaging/updating.py" "$root/packaging/running_hall.py" "$tree/usr/lib/hallcall/"
cp -r "$root/README.md" "$root/CHANGELOG.md" "$root/docs" "$tree/usr/share/doc/hallcall/"

for script in preinst postinst prerm postrm; do
    cp "$root/packaging/$script" "$tree/DEBIAN/$script"
    chmod 755 "$tree/DEBIAN/$script"
done
cat >"$tree/DEBIAN/control" <<END
Package: hallcall
Version: $version
Architecture: $arch
Maintainer: hallcall
Installed-Size: $(du -sk "$tree" | cut -f1)
Depends: python3 (>= $series), python3 (<< $next)
Recommends: espeak-ng, fonts-noto-cjk, chromium
Suggests: cage, cups-client
Section: misc
Priority: optional
Description: 政务服务大厅取号、叫号与评价系统
 Kiosk, queue calling and rating for a government service hall, on premises.
 After the installation: sudo hallcall setup HALL.toml
END
chmod -R u+rwX,go+rX,go-w "$tree"
dpkg-deb --root-owner-group -Zzstd -z6 --build "$tree" "$dist/hallcall_${version}_${arch}.deb" >/dev/null
echo "$dist/hallcall_${version}_${arch}.deb"
