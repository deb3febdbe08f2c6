#!/usr/bin/env bash
# Records the plans in Tests/Recorded/plans again, after an intended change.
set -euo pipefail
cd "$(dirname "$0")/.."
INFOLD_RECORD_PLANS=1 tools/test.sh --filter PlanSnapshotTests
git --no-pager diff --stat -- Tests/Recorded/plans
