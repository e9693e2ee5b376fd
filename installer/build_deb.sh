#!/usr/bin/env bash
# Builds the program, its Debian package and its portable archive into dist/.
#
#   installer/build_deb.sh
#
#   PYTHON         of the environment to build from, default .venv/bin/python; it has this checkout
#                  installed (start.py does that), and PyInstaller is added if it is missing
#   LEVEL          of compression, 0 (seconds) to 9, default 6 (minutes)
#   KEEP           1 takes the folder dist/restorer as it is instead of building it
#   DEBFULLNAME, DEBEMAIL   the package's maintainer, default the author of the last commit
#
# Needs these packages: dpkg-dev binutils lintian appstream desktop-file-utils libxcb-cursor0
# libxkbcommon-x11-0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libwayland-cursor0 libwayland-egl1.
# The program runs on systems at least as new as the one it was built on.
set -euo pipefail

cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
level=${LEVEL:-6}
version=$("$python" -c 'import restorer; print(restorer.__version__)')
# With CUDA inside it is another package, in the place of the small one.
variant=$("$python" -c 'import torch; print("-cuda" if torch.version.cuda else "")')
architecture=$(dpkg --print-architecture)
date=$(git log -1 --format=%cs)
package=dist/restorer${variant}_${version}_$architecture.deb
archive=dist/restorer$variant-$version-linux-$(uname -m).tar.xz
root=build/deb
share=$root/usr/share

if [[ -z ${KEEP:-} || ! -d dist/restorer ]]; then
  "$python" -m pip install --quiet --editable '.[package]'
  "$python" -m PyInstaller --noconfirm --log-level WARN build.spec
fi

install_file() { # SOURCE TARGET, with what is only known now filled in
  mkdir -p "$(dirname "$2")"
  sed "s/@VERSION@/$version/g; s/@DATE@/$date/g; s/@PACKAGE@/restorer$variant/g" "$1" >"$2"
}

echo "=== $package"
rm -rf "$root"
mkdir -p "$root/usr/lib" "$root/usr/bin" "$root/DEBIAN"
cp -a dist/restorer "$root/usr/lib/restorer"
find "$root/usr/lib" -type f ! -path '*/restorer/restorer' -exec chmod 644 {} +
chmod 755 "$root/usr/lib/restorer/_internal/torch/bin/torch_shm_manager"
ln -s ../lib/restorer/restorer "$root/usr/bin/restorer"
install_file installer/linux/restorer.desktop "$share/applications/restorer.desktop"
install_file installer/linux/restorer.metainfo.xml "$share/metainfo/restorer.metainfo.xml"
install_file installer/linux/restorer.bash "$share/bash-completion/completions/restorer"
install_file installer/linux/lintian-overrides "$share/lintian/overrides/restorer$variant"
install_file installer/linux/restorer.1 "$share/man/man1/restorer.1"
install_file installer/linux/copyright "$share/doc/restorer$variant/copyright"
install_file resources/app/icon.svg "$share/icons/hicolor/scalable/apps/restorer.svg"
"$python" - "$share/icons/hicolor" <<'PYTHON'
import sys
from pathlib import Path
from PIL import Image

with Image.open("resources/app/icon.png") as icon:
    for side in (16, 22, 24, 32, 48, 64, 128, 256, 512):
        folder = Path(sys.argv[1], f"{side}x{side}", "apps")
        folder.mkdir(parents=True)
        icon.resize((side, side), Image.Resampling.LANCZOS).save(folder / "restorer.png")
PYTHON
maintainer="${DEBFULLNAME:-$(git log -1 --format=%an)} <${DEBEMAIL:-$(git log -1 --format=%ae)}>"
cat >"$share/doc/restorer$variant/changelog" <<CHANGES
restorer$variant ($version) unstable; urgency=medium

  * What changed is in CHANGELOG.md of the source code.

 -- $maintainer  $(git log -1 --format=%cD)
CHANGES
gzip -9n "$share/man/man1/restorer.1" "$share/doc/restorer$variant/changelog"

# The libraries of the system that the program's own ones ask for, but those it has inside.
mkdir "$root/debian"
printf 'Source: restorer\n\nPackage: restorer\nArchitecture: any\n' >"$root/debian/control"
depends=$(
  cd "$root"
  inside=usr/lib/restorer/_internal
  {
    find "$inside" -maxdepth 1 -name 'lib*.so*' -type f -printf '*/%f\n' |
      xargs dpkg-query -S 2>/dev/null | sed 's/:.*//; s/^/-x/' | sort -u
    find "$inside" -name '*.so*' -type f -printf '-l%h\n' | sort -u
    find usr/lib/restorer -type f \( -name '*.so*' -o -perm /u+x \) -printf '-e%p\n'
  } >debian/arguments
  xargs -a debian/arguments dpkg-shlibdeps -O --ignore-missing-info 2>debian/log ||
    { grep error: debian/log >&2; exit 1; }
)
rm -r "$root/debian"
{
  echo "Package: restorer$variant"
  echo "Version: $version"
  echo "Architecture: $architecture"
  echo "Maintainer: $maintainer"
  echo "Installed-Size: $(du -sk "$root/usr" | cut -f 1)"
  echo "${depends/shlibs:Depends=/Depends: }"
  echo "Suggests: fonts-noto-cjk"
  [[ $variant ]] && printf '%s: restorer\n' Provides Conflicts Replaces
  echo "Section: graphics"
  echo "Priority: optional"
  echo "Description: restore photographs on your own machine"
  echo " Restorer enlarges photographs with a neural network and removes noise from a"
  echo " single picture without any training data, in a window or on the command line."
  echo " Everything is computed on this machine and nothing is sent anywhere."
} >"$root/DEBIAN/control"
(cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group -Zxz -z"$level" --build "$root" "$package" >/dev/null

echo "=== $archive"
tar --create --owner=0 --group=0 --sort=name --directory dist \
  --transform "s,^restorer,restorer$variant-$version," restorer |
  xz --threads=0 "-$level" >"$archive"

(cd dist && sha256sum "${package#dist/}" "${archive#dist/}" >SHA256SUMS)

echo "=== checks"
desktop-file-validate "$share/applications/restorer.desktop"
# Its ID would begin with the project's domain, if it had one.
appstreamcli validate --no-net --override=cid-desktopapp-is-not-rdns=info \
  "$share/metainfo/restorer.metainfo.xml"
lintian --fail-on error "$package"
ls -l "$package" "$archive"
