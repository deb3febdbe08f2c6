#!/usr/bin/env bash
# Installs the given Debian packages that are missing, and checks that Swift is installed:
# install-packages.sh PACKAGE...
set -euo pipefail
[[ $(swift --version 2>/dev/null) =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] &&
  ((BASH_REMATCH[1] > 6 || BASH_REMATCH[1] == 6 && BASH_REMATCH[2] >= 3)) || {
  echo "Infold needs Swift 6.3 or later: https://www.swift.org/install/linux" >&2
  exit 1
}

missing=()
for package in pkg-config "$@"; do
  dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
    missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
((EUID == 0)) || as_root=(sudo)
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
