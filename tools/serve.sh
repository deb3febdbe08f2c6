#!/usr/bin/env bash
# Installs what the server needs on Debian, builds it, and serves the models of this repository, or
# those in the arguments, until Ctrl-C.
#
#   tools/serve.sh                              http://127.0.0.1:8000 shows a page; gRPC is on port 8001
#   tools/serve.sh --models FOLDER --http-port 9000
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev
swift build -c release --package-path Server --product infold-serve
program=$(swift build -c release --package-path Server --show-bin-path)/infold-serve
[ $# -gt 0 ] || set -- --models Models
exec "$program" "$@"
