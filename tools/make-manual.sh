#!/usr/bin/env bash
# Writes the manual pages of the infold command, one per subcommand, to .build/manual/man1. Their
# text is that of the help.
#
#   tools/make-manual.sh            afterwards: man -M .build/manual infold-run
#   tools/make-manual.sh FOLDER     also copies them to FOLDER/man1, such as /usr/local/share/man
#   tools/make-manual.sh --check    also checks them: all subcommands have pages, and groff prints no warnings
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
rm -rf .build/plugins/GenerateManual/outputs .build/manual
swift package -c release plugin generate-manual --multi-page > /dev/null
mkdir -p .build/manual/man1
for page in .build/plugins/GenerateManual/outputs/InfoldTool/*.1; do
  name=$(basename "$page" .1)
  # ArgumentParser copies the help text literally. Its paragraphs and examples are converted to
  # those of a manual page. The pages get the names that `man infold run` looks for.
  awk '
    /^\.Os$/ { print ".Os Infold"; next }
    /^\.Dt INFOLD\./ { sub(/INFOLD\./, "INFOLD-") }
    /^\.Xr infold\./ { sub(/infold\./, "infold-") }
    /^EXAMPLES$/ { in_examples = 1; next }
    in_examples && /^  / { sub(/^  /, ".Dl "); examples = examples $0 "\n"; next }
    { in_examples = 0 }
    /^$/ { paragraph = 1; next }
    paragraph && !/^\./ { print ".Pp" }
    { paragraph = 0 }
    /^\.Ex -std/ {
      print "0 on success, 1 if a check failed, and 2 for invalid usage or input, with one line on standard error."
      printf "%s", examples == "" ? "" : ".Sh EXAMPLES\n" examples
      next
    }
    { print }
  ' "$page" > ".build/manual/man1/${name/./-}.1"
done
case ${1:-} in
  "") ;;
  --check)
    commands=$(.build/release/infold --help | sed -n '/^SUBCOMMANDS/,$s/^  \([a-z]\+\) .*/\1/p')
    [ -n "$commands" ] || { echo "error: infold --help lists no subcommands" >&2; exit 1; }
    for command in $commands; do
      page=.build/manual/man1/infold-$command.1
      for section in NAME SYNOPSIS DESCRIPTION '"EXIT STATUS"' EXAMPLES; do
        grep -qx "\.Sh $section" "$page" || { echo "error: $page has no section $section" >&2; exit 1; }
      done
    done
    if command -v groff > /dev/null; then
      warnings=$(groff -mdoc -Tutf8 -ww -z .build/manual/man1/*.1 2>&1)
      [ -z "$warnings" ] || { echo "error: $warnings" >&2; exit 1; }
    fi
    ;;
  *)
    mkdir -p "$1/man1"
    cp .build/manual/man1/*.1 "$1/man1/"
    ;;
esac
