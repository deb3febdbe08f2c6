#!/usr/bin/env bash
# Follows docs/Tutorial.md as a reader does: writes its files, runs its commands, and compares what they print. HTML comments in the
# page say what a block is: "file: PATH", "run", "serve: PORT" (in the background), "output" (of the command before it).
# It builds into the repository's build folder, and so uses its build of Infold.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
python3 tools/follow-tutorial.py docs/Tutorial.md
