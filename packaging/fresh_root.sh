#!/bin/sh
# Plays the life of the package in a fresh Debian with nothing but its python3, booted by systemd, its network cut off:
#   sudo sh packaging/fresh_root.sh NEW.deb [OLD.deb]
# Installs (OLD first, where it is given), sets the sample village up, gives the first number, goes on after a reboot; then
# updates to NEW with its history, goes back to OLD, and to NEW again. Then two newer versions come that do not work: one that
# cannot start, and one that brings the log's file to a form of its own and then ends again and again. Both must be taken
# back by themselves, with the next number following the last. Prints each step's seconds; ends with 0 when all of it held.
# Needs debootstrap, systemd-container, a mirror for the fresh system (MIRROR) and 2 GB; BASE keeps that system for the
# next time, RELEASE names it (bookworm, trixie). Nothing is changed outside its folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
new=$(realpath "$1")
old=${2:+$(realpath "$2")}
release=${RELEASE:-bookworm}
work=$(mktemp -d)
base=${BASE:-$work/base}
root=$work/root
data=/var/lib/hallcall
container=

finish() {
    [ -z "$container" ] || { kill "$container" 2>/dev/null && wait "$container" 2>/dev/null; } || true
    rm -rf "$work"
}
trap finish EXIT INT TERM

say() { printf '%5d s  %s\n' $(($(date +%s) - began)) "$*"; }
inside() { nsenter --target "$leader" --mount --uts --ipc --net --pid -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"; }
hallcall() { inside runuser -u hallcall -- hallcall "$@"; }

# Whether a command succeeds inside within so many seconds.
await() {
    tries=$1
    shift
    until inside "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 1
    done
}

boot() {
    systemd-nspawn --quiet --directory "$root" --machine "hallcall-$$" --register=no --keep-unit --private-network --boot \
        >>"$work/console.txt" 2>&1 </dev/null &
    container=$!
    leader=
    until [ -n "$leader" ]; do
        sleep 1
        leader=$(pgrep -P "$container" || true)
    done
    await 120 systemctl is-system-running --wait || true # "degraded" is no matter: a container has no clock of its own
}

install_package() {
    cp "$1" "$root/root/hallcall.deb"
    inside apt-get install --yes --quiet --quiet --no-install-recommends --allow-downgrades /root/hallcall.deb >>"$work/apt.txt" 2>&1
}

# Makes a copy of NEW that is a later version and does not work: broken VERSION FILE WHAT-SED-DOES [FILE WHAT …]
broken() {
    version=$1
    shift
    rm -rf "$work/broken"
    dpkg-deb -R "$new" "$work/broken"
    sed -i "s/^Version: .*/Version: $version/" "$work/broken/DEBIAN/control"
    site=$(echo "$work"/broken/opt/hallcall/lib/python3*/site-packages)
    sed -i "s/^Version: .*/Version: $version/" "$site"/hallcall-*.dist-info/METADATA
    mv "$site"/hallcall-*.dist-info "$site/hallcall-$version.dist-info"
    while [ $# -gt 0 ]; do
        sed -i "$2" "$site/$1"
        shift 2
    done
    dpkg-deb --root-owner-group -Zgzip -z1 --build "$work/broken" "$work/broken-$version.deb" >/dev/null
    echo "$work/broken-$version.deb"
}

# Installs what does not work here and sees that the version before it is back, with its data and the next number.
taken_back() {
    version=$(inside hallcall --version)
    given=$(take 1 | cut -d' ' -f2)
    if install_package "$1"; then
        echo "不能运行的版本装上了 / a version that does not work stayed" >&2
        exit 1
    fi
    grep '^hallcall: ' "$work/apt.txt" | tail -n 2
    [ "$(inside hallcall --version)" = "$version" ]
    hallcall status /etc/hallcall/hall.toml --data $data | grep '✗' || true
    hallcall doctor /etc/hallcall/hall.toml --data $data --json | grep -q '"update-taken-back"'
    now=$(take 1)
    [ "$(echo "$now" | cut -d' ' -f2)" = $((given + 1)) ]
    say "已自动退回 taken back to $version: $now"
}

# Takes so many numbers and prints the last, how many were given today and how many wait.
take() {
    inside /opt/hallcall/bin/python - "$1" <"$here/take_numbers.py"
}

[ -d "$base/etc" ] || debootstrap --variant=minbase --include=python3,systemd,systemd-sysv,dbus "$release" "$base" ${MIRROR:-} >"$work/debootstrap.txt"
cp -a "$base" "$root"
# The village, in a zone where it is about noon now: it is open at whatever hour this runs.
zone=$(python3 -c 'import time; hours = time.gmtime().tm_hour - 12; print("Etc/GMT%+d" % hours if hours else "Etc/GMT")')
sed "s#^\[hall\]#[calendar]\nopen_on = \"every-day\"\n\n[hall]\nzone = \"$zone\"#" "$here/../config/halls/village.toml" >"$root/root/hall.toml"

began=$(date +%s)
boot
began=$(date +%s)
install_package "${old:-$new}"
say "已安装 installed: $(inside hallcall --version)"
inside hallcall setup /root/hall.toml --yes --no-screen >"$work/setup.txt"
say "已设置 set up: $(inside systemctl list-units --plain --no-legend 'hallcall-*.service' | grep -c running) services run"
hallcall enrol manager office --data $data >/dev/null 2>&1
say "第一个号 first number: $(take 1)"
[ $(($(date +%s) - began)) -le 300 ] || { echo "超过五分钟 / over five minutes" >&2; exit 1; }
say "再取 more: $(take 40)"
kill "$container"
wait "$container" || true
boot
say "重启后 after a reboot: $(take 1)"
if [ -n "$old" ]; then
    install_package "$new"
    say "升级 updated, $(inside hallcall --version): $(take 1)"
    install_package "$old"
    if await 30 systemctl is-active hallcall-caller.service; then
        say "退回 back, $(inside hallcall --version): $(take 1)"
    else # it met what it does not know: it says so, starts not and changes nothing
        inside journalctl --unit hallcall-caller --lines 20 --output cat | grep -v '^hallcall-\|systemd' | tail -n 4
        say "退回：旧版本不认识新记录，不启动 back: the old version does not know the new events and does not start"
    fi
    install_package "$new"
    say "再升级 updated again, $(inside hallcall --version): $(take 1)"
fi
taken_back "$(broken 7.1 caller/cli/main.py '1i raise RuntimeError("broken")')"
migrates='s/^VERSION = .*/VERSION = 99/'
taken_back "$(broken 7.2 caller/eventlog/schema.py "$migrates" caller/cli/caller.py 's/^    rest_collector()/    raise RuntimeError("broken")/')"
install_package "$new"
say "再装好的版本 a version that works, $(inside hallcall --version): $(take 1)"
say "日志 log: $(hallcall log verify --data $data | head -n 1)"
inside apt-get purge --yes --quiet --quiet hallcall >>"$work/apt.txt" 2>&1
say "已删除，数据还在 purged, the data is kept: $(inside ls $data | grep -c log.db)"
