#!/usr/bin/env bash
# Follows docs/Tutorial.md like a reader: writes its files, runs its commands, and compares their
# output. HTML comments in the page declare the kind of a block: "file: PATH", "run", "serve: PORT"
# (in the background), or "output" (of the previous command). It shares the repository's build
# folder, and therefore its build of Infold.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
python3 tools/follow-tutorial.py docs/Tutorial.md
