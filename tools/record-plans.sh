#!/usr/bin/env bash
# Records the plans of Tests/Recorded/plans anew, after a change that is meant to change them.
set -euo pipefail
cd "$(dirname "$0")/.."
INFOLD_RECORD_PLANS=1 tools/test.sh --filter PlanSnapshotTests
git --no-pager diff --stat -- Tests/Recorded/plans
