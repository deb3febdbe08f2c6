#!/usr/bin/env bash
# Writes docs/Operators.md anew from the registry of operators and the cases.
set -euo pipefail
cd "$(dirname "$0")/.."
INFOLD_UPDATE_OPERATORS_PAGE=1 tools/test.sh --filter OperatorPageTests
