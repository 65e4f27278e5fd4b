#!/usr/bin/env bash
# Installs what `make bench-load` compares untrackd with: Debian's packages for
# the filter beside this file. Does nothing when they are there.
set -euo pipefail

packages=()
[[ -e /usr/lib/python3/dist-packages/Milter/__init__.py ]] || packages+=(python3-milter)
[[ -e /usr/lib/python3/dist-packages/lxml ]] || packages+=(python3-lxml)
((${#packages[@]} > 0)) || exit 0

fail() {
    echo "benches/peers/setup.sh: $*" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 ||
    fail "this is not a Debian; install the equivalent of ${packages[*]}, or use LXML=no"
root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null 2>&1 ||
        fail "run 'apt-get install ${packages[*]}' as root, or use LXML=no"
    root=(sudo)
fi
install=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
"${install[@]}" install --no-install-recommends "${packages[@]}" >/dev/null 2>&1 || {
    # The package lists may be missing or old.
    "${install[@]}" update || true
    "${install[@]}" install --no-install-recommends "${packages[@]}" >/dev/null ||
        fail "apt-get could not install ${packages[*]}; LXML=no leaves the filter out"
}
