#!/usr/bin/env bash
# Condenses the output of `swift test`: prints all issues with their messages, errors and warnings
# of the build, the progress, the failed tests, and the totals. Lines that it does not recognize are
# printed unchanged.
set -euo pipefail
step=$([[ -t 1 ]] && echo 1 || echo 500)
passed=0 failed=()

# Prints a progress line. On a terminal it replaces the previous one.
progress() {
  if [[ -t 1 ]]; then printf '\r\e[K%s' "${1:0:${COLUMNS:-80}}"; else printf '%s\n' "$1"; fi
}

show() {
  if [[ -t 1 ]]; then printf '\r\e[K'; fi
  printf '%s\n' "$1"
}

while IFS= read -r line || [[ -n $line ]]; do
  case $line in
    '✔ Test run with '* | '✘ Test run with '*) show "$line" ;;
    '✔ Test case '* | '✔ Suite '* | '◇ '* | '✘ Suite '* | '➜ '*) ;;
    '✔ Test '*)
      passed=$((passed + 1))
      if ((passed % step == 0)); then progress "$passed tests have passed, ${#failed[@]} failed"; fi
      ;;
    '✘ Test '*' recorded '*) show "$line" ;;
    '✘ Test case '*' failed after '*) ;;
    '✘ Test '*' failed after '*) failed+=("$line") ;;
    '['[0-9]*/[0-9]*'] '*)
      if [[ -t 1 ]]; then progress "$line"; fi
      ;;
    # XCTest's report, which contains no tests here.
    "Test Suite '"* | $'\t Executed 0 tests'*) ;;
    *) show "$line" ;;
  esac
done
for line in "${failed[@]}"; do show "$line"; done
show "$passed tests passed, ${#failed[@]} failed"
