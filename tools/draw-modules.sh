#!/usr/bin/env bash
# Draws the modules of the package, as `swift package dump-package` lists them, into docs/modules.svg, which docs/Architecture.md shows.
#
#   tools/draw-modules.sh            draws
#   tools/draw-modules.sh --check    says whether the picture is that of the package as it is
set -euo pipefail
cd "$(dirname "$0")/.."
picture=$(swift package dump-package | python3 tools/draw-modules.py)
case ${1:-} in
  "") printf '%s\n' "$picture" > docs/modules.svg ;;
  --check)
    printf '%s\n' "$picture" | cmp -s - docs/modules.svg || {
      echo "error: docs/modules.svg is not current: run tools/draw-modules.sh" >&2
      exit 1
    }
    ;;
  *)
    echo "usage: tools/draw-modules.sh [--check]" >&2
    exit 2
    ;;
esac
