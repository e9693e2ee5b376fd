#!/usr/bin/env bash
# Tries the Debian package and the portable archive in a clean Debian that has no Python.
#
#   sudo installer/check_deb.sh [DEB [ARCHIVE]]
#
# Without arguments: the newest ones in dist/. Installs the package, lets an ordinary user run the
# self-test and open a photograph the way a desktop does, both without a network, takes a
# screenshot of that (dist/check_deb.png), runs the archive from a read-only folder with an awkward
# name, and removes the package: nothing may be left.
#
#   SUITE        bookworm (default), trixie, ...
#   MIRROR       of Debian, default http://deb.debian.org/debian
#   ROOT_FOLDER  where the clean Debian is made, default /tmp/restorer-deb-SUITE; deleted afterwards
#
# Needs debootstrap, xvfb, xdotool and imagemagick.
set -euo pipefail

# Mounts are made where only this script's processes see them, and are gone when it ends.
if [[ -z ${IS_UNSHARED:-} ]]; then
  IS_UNSHARED=1 exec unshare --mount --propagation private "$0" "$@"
fi

cd "$(dirname "$0")/.."
deb=$(realpath "${1:-$(ls -t dist/*.deb | head -n 1)}")
archive=$(realpath "${2:-$(ls -t dist/*.tar.xz | head -n 1)}")
suite=${SUITE:-bookworm}
root=${ROOT_FOLDER:-/tmp/restorer-deb-$suite}
name=$(dpkg-deb --field "$deb" Package)
awkward="/opt/旧照片 of old"

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"; }

as_user() { # without any network, the loopback included
  unshare --net chroot "$root" setpriv --reuid=1000 --regid=1000 --clear-groups \
    env -i HOME=/home/user PATH=/usr/bin:/bin LANG=C.UTF-8 DISPLAY="${display:-}" "$@"
}

files() { # of the system, but what apt and dpkg note down for themselves
  inside find / -xdev \( -path /proc -o -path /dev -o -path /tmp -o -path /home -o -path /run \
    -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache/apt -o -path /var/log \) \
    -prune -o -print | sort
}

echo "=== a clean $suite"
rm -rf "$root"
debootstrap --variant=minbase "$suite" "$root" \
  "${MIRROR:-http://deb.debian.org/debian}" >"$root.log" || { tail "$root.log"; exit 1; }
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
inside useradd --create-home --uid 1000 user
cp "$deb" "$root/tmp/"

echo "=== installing"
apt="apt-get -qq -o Dpkg::Use-Pty=0 --no-install-recommends"
# First what it depends on, which is not the package's to remove again.
dependencies=$(dpkg-deb --field "$deb" Depends | sed 's/([^)]*)//g; s/,/ /g')
inside sh -c "$apt update && $apt install $dependencies >/tmp/apt.log 2>&1" ||
  { tail "$root/tmp/apt.log"; exit 1; }
files >"$root.before"
inside sh -c "$apt install /tmp/$(basename "$deb") >/tmp/apt.log 2>&1" ||
  { tail "$root/tmp/apt.log"; exit 1; }
if inside sh -c "command -v python3 || command -v python"; then echo "there is a Python"; exit 1; fi
inside du -sh /usr/lib/restorer

echo "=== self-test as an ordinary user, without a network"
as_user restorer --self-test

echo "=== the window, from the .desktop file's line"
exec {pipe}< <(exec Xvfb -displayfd 1 -screen 0 1400x900x24 -nolisten tcp 2>/dev/null)
xvfb=$!
trap 'kill $xvfb' EXIT
read -r -u "$pipe" number
display=:$number
mkdir -p "$root/tmp/.X11-unix"
mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
photo="/home/user/老照片 #1.jpg"
cp resources/sample/photo.jpg "$root$photo"
command=$(sed -n 's/^Exec=//p' "$root/usr/share/applications/restorer.desktop")
as_user sh -c "exec ${command/\%F/\"\$1\"}" sh "$photo" &
program=$!
export DISPLAY=$display
for _ in {1..100}; do
  window=$(xdotool search --onlyvisible --name '老照片 #1.jpg' 2>/dev/null | head -n 1) || true
  [[ $window ]] && break
  sleep 0.2
done
[[ $window ]] || { echo "no window shows the photograph"; exit 1; }
sleep 1 # to be drawn
import -window root dist/check_deb.png
echo "$(xdotool getwindowname "$window"), see dist/check_deb.png"
kill "$program"
wait "$program" || true

echo "=== the archive, read-only, in \"$awkward\""
mkdir -p "$root$awkward"
tar --extract --file "$archive" --directory "$root$awkward"
mount --bind -o ro "$root$awkward" "$root$awkward"
DISPLAY='' display='' as_user "$awkward/$(ls "$root$awkward")/restorer" --self-test
umount "$root$awkward"
rm -r "${root:?}$awkward"

echo "=== removing"
inside dpkg --purge "$name" >/dev/null
files >"$root.after"
diff "$root.before" "$root.after" || { echo "this was left or lost"; exit 1; }
echo "Nothing is left."
inside find /home/user -mindepth 1 -newer /etc/passwd | sed 's/^/of the user: /'
umount -R "$root/proc" "$root/dev" "$root/tmp/.X11-unix"
rm -rf "$root" "$root.before" "$root.after" "$root.log"
