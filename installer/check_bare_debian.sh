#!/usr/bin/env bash
# Runs the README's commands in a bare Debian: a fresh root that has Python and nothing of ours.
#
#   sudo installer/check_bare_debian.sh [COMMAND ...]
#
# Each COMMAND is one string, run in a copy of this checkout. Without any, these two of the README:
# the window (there is no display, so it must say so and exit with 2) and all the tests.
#
#   SUITE        bookworm (default), trixie, ...
#   MIRROR       of Debian, default http://deb.debian.org/debian
#   ROOT_FOLDER  where the root is made, default /tmp/restorer-SUITE; what is there is deleted
#   HOST_MOUNTS  folders of this machine to show inside, separated by spaces, such as one of wheels
#   KEEP         1 keeps the root afterwards, and uses one that was kept as it is
#
# pip inside has this machine's configuration and certificates, so it reaches what pip here does.
set -euo pipefail

suite=${SUITE:-bookworm}
root=${ROOT_FOLDER:-/tmp/restorer-$suite}
checkout=$(cd "$(dirname "$0")/.." && pwd)
read -ra host_mounts <<<"${HOST_MOUNTS:-}"

make_root() {
  echo "=== making a bare $suite in $root"
  rm -rf "$root"
  debootstrap --variant=minbase --include=python3,ca-certificates "$suite" "$root" \
    "${MIRROR:-http://deb.debian.org/debian}" >"$root.log" || { tail "$root.log"; exit 1; }
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  {
    echo "[global]"
    python3 -m pip config list | sed -nE "s/^[a-z:]+\.+([a-z-]+)='(.*)'$/\1 = \2/p" |
      awk '!seen[$1]++'
  } >"$root/etc/pip.conf"
  # What a clone would have once everything is committed: nothing that git ignores.
  mkdir "$root/checkout"
  git -C "$checkout" ls-files -z --cached --others --exclude-standard |
    tar -C "$checkout" --null --ignore-failed-read -T - -c | tar -C "$root/checkout" -x
}

# Mounts are made where only this function's processes see them, and are gone when it returns:
# nothing is left to undo, and no rm can reach through one into this machine's folders.
run_inside() {
  export -f run_mounted
  unshare --mount --propagation private bash -euo pipefail -c 'run_mounted "$@"' \
    run_inside "$root" "$1" "${host_mounts[@]}"
}

run_mounted() {
  local root=$1 command=$2 folder
  shift 2
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/dev/shm"
  for folder; do
    mkdir -p "$root$folder"
    mount --bind -o ro "$folder" "$root$folder"
  done
  chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    bash -c "cd /checkout && $command"
}

if [[ -z ${KEEP:-} || ! -d $root/checkout ]]; then make_root; fi
if (($# == 0)); then
  set -- 'python3 start.py; test $? = 2' 'python3 start.py --test'
fi
for command; do
  echo "=== $command"
  time run_inside "$command"
done
if [[ -z ${KEEP:-} ]]; then rm -rf "$root"; fi
