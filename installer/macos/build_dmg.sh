#!/usr/bin/env bash
# Packs dist/Restorer.app into a disk image, dist/Restorer-VERSION-macos-ARCHITECTURE.dmg.
#
#   PYTHON     with this checkout installed, default .venv/bin/python
#   IDENTITY   to sign with; default "-", which signs for this machine only: elsewhere the user has
#              to allow the program in the system's settings once
set -euo pipefail

cd "$(dirname "$0")/../.."
version=$("${PYTHON:-.venv/bin/python}" -c 'import restorer; print(restorer.__version__)')
image=dist/Restorer-$version-macos-$(uname -m).dmg

codesign --force --deep --sign "${IDENTITY:--}" dist/Restorer.app
codesign --verify --deep --strict dist/Restorer.app
rm -rf build/dmg "$image"
mkdir -p build/dmg
cp -R dist/Restorer.app build/dmg/
ln -s /Applications build/dmg/Applications
hdiutil create -volname Restorer -srcfolder build/dmg -format UDZO "$image"
hdiutil verify "$image"
