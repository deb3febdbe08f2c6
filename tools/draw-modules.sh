#!/usr/bin/env bash
# Draws the modules of the package, as listed by `swift package dump-package`, to docs/modules.svg
# for docs/Architecture.md.
#
#   tools/draw-modules.sh            draws the modules
#   tools/draw-modules.sh --check    checks that the drawing is up to date
set -euo pipefail
cd "$(dirname "$0")/.."
picture=$(swift package dump-package | python3 tools/draw-modules.py)
case ${1:-} in
  "") printf '%s\n' "$picture" > docs/modules.svg ;;
  --check)
    printf '%s\n' "$picture" | cmp -s - docs/modules.svg || {
      echo "error: docs/modules.svg is out of date: run tools/draw-modules.sh" >&2
      exit 1
    }
    ;;
  *)
    echo "usage: tools/draw-modules.sh [--check]" >&2
    exit 2
    ;;
esac
