#!/usr/bin/env bash
# Writes docs/Operators.md from the operator registry and the test cases.
set -euo pipefail
cd "$(dirname "$0")/.."
INFOLD_UPDATE_OPERATORS_PAGE=1 tools/test.sh --filter OperatorPageTests
