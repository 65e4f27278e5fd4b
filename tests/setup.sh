#!/usr/bin/env bash
# Makes a bare Debian (12 or later) ready to build and test untrackd.
#
# Installs what is missing and does nothing when nothing is. An existing
# Postfix is left exactly as it is: the tests start private instances with
# directories and unprivileged loopback ports of their own. A Postfix that is
# installed here gets no configuration and is not started.
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# What has to be there, as "probe package": a probe is a command or a file.
required=(
    'cc gcc'
    '/usr/include/stdio.h libc6-dev'
    'make make'
    '/etc/ssl/certs/ca-certificates.crt ca-certificates'
    '/usr/sbin/postfix postfix'
    '/usr/sbin/smtp-sink postfix'
    '/usr/bin/chromium chromium'
    # Makes the certificate of the server that Chromium is let loose on.
    'openssl openssl'
    'perl perl-base'
    # Reads our metrics, alerts and Grafana dashboard.
    '/usr/bin/promtool prometheus'
    # Drive Chromium through the dashboard (tests/dashboard_browser).
    'node nodejs'
    'npm npm'
    # A second milter, and something that checks its signatures (tests/mta).
    '/usr/sbin/opendkim opendkim'
    '/usr/bin/python3 python3'
    '/usr/lib/python3/dist-packages/dkim/__init__.py python3-dkim'
    # Makes Sendmail's configuration.
    'm4 m4'
    # Read the same mail beside us (tests/differential).
    '/usr/lib/python3/dist-packages/html5lib python3-html5lib'
    '/usr/lib/python3/dist-packages/lxml python3-lxml'
)
# Debian's Sendmail conflicts with Postfix, so these are not installed but taken
# apart, into $sendmail (tests/common/sendmail.sh).
sendmail_packages=(sendmail-bin sendmail-cf libwrap0)
sendmail=$(cd "$(dirname "$0")/.." && pwd)/target/sendmail
# What makes a test go further, and the test says so when it is not there.
optional=(
    'systemd-analyze systemd'
    # The unit names it, and systemd-analyze looks whether it is there.
    '/bin/kill procps'
)

present() {
    case $1 in
        /*) [[ -e $1 ]] ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# Prints the packages that the given probes lack, each once.
missing() {
    local line
    for line in "$@"; do
        present "${line% *}" || printf '%s\n' "${line#* }"
    done | sort -u
}

# Leaves the array `root` such that "${root[@]}" COMMAND runs as root.
become_root() {
    root=(env)
    if ((EUID != 0)); then
        command -v sudo >/dev/null 2>&1 ||
            fail "these packages are missing: $*; run 'apt-get install $*' as root, or install sudo"
        root=(sudo env)
        # Without a terminal nobody can answer a password prompt.
        [[ -t 0 ]] || root=(sudo -n env)
        "${root[@]}" true ||
            fail "these packages are missing: $*; sudo does not let $(id -un) install them"
    fi
}

apt() {
    "${root[@]}" DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Keeps a freshly installed service from starting, unless a policy is there.
policy=/usr/sbin/policy-rc.d
policy_is_ours=
hold_services() {
    [[ -e $policy ]] && return
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" sh -c "cat >$policy && chmod 755 $policy"
}
release_services() {
    [[ -z $policy_is_ours ]] || "${root[@]}" rm -f "$policy"
}

mapfile -t needed < <(missing "${required[@]}")
mapfile -t wanted < <(missing "${optional[@]}")

if ((${#needed[@]} + ${#wanted[@]} > 0)); then
    if ! command -v apt-get >/dev/null 2>&1; then
        ((${#needed[@]} == 0)) ||
            fail "this is not a Debian; install the equivalent of: ${needed[*]}"
    else
        ((${#needed[@]} > 0)) && become_root "${needed[@]}"
        # Optional things are no reason to ask for a password.
        if ((${#needed[@]} > 0 || EUID == 0)); then
            [[ -v root ]] || root=(env)
            trap release_services EXIT
            hold_services
            say "apt-get update"
            apt update || say "apt-get update failed; trying with the lists that are there"
            if ((${#needed[@]} > 0)); then
                if printf '%s\n' "${needed[@]}" | grep -qx postfix; then
                    # No main.cf, so that no mail service comes up.
                    echo 'postfix postfix/main_mailer_type select No configuration' |
                        "${root[@]}" debconf-set-selections
                fi
                say "installing ${needed[*]}"
                apt install --no-install-recommends "${needed[@]}" >/dev/null ||
                    fail "apt-get could not install ${needed[*]}"
            fi
            if ((${#wanted[@]} > 0)); then
                say "installing ${wanted[*]} (optional)"
                apt install --no-install-recommends "${wanted[@]}" >/dev/null ||
                    say "could not install ${wanted[*]}; the tests that use it are shortened"
            fi
        fi
    fi
fi

mapfile -t needed < <(missing "${required[@]}")
((${#needed[@]} == 0)) || fail "still missing after installation: ${needed[*]}"

# Downloads Sendmail's packages into the directory $1 and takes them apart there.
unpack_sendmail() (
    cd "$1"
    apt-get -qq download "${sendmail_packages[@]}" 2>&1 || exit 1
    for package in *.deb; do
        dpkg -x "$package" . || exit 1
        rm "$package"
    done
)

if ! [[ -x $sendmail/usr/libexec/sendmail/sendmail ]]; then
    command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 ||
        fail "this is not a Debian; put Sendmail 8.17 and its cf directory below $sendmail"
    say "unpacking ${sendmail_packages[*]} in $sendmail"
    mkdir -p "${sendmail%/*}"
    # In one step, so that an interrupted run leaves nothing half done.
    unpacked=$(mktemp -d "$sendmail.XXXXXX")
    if ! said=$(unpack_sendmail "$unpacked"); then
        # There may be no package lists yet.
        become_root "${sendmail_packages[@]}"
        apt update || true
        said=$(unpack_sendmail "$unpacked") ||
            fail "cannot download ${sendmail_packages[*]}: $said; try 'apt-get update' as root"
    fi
    chmod 755 "$unpacked"
    rm -rf "$sendmail"
    mv "$unpacked" "$sendmail"
fi
lacking=$(LD_LIBRARY_PATH=$(find "$sendmail" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:) \
    ldd "$sendmail/usr/libexec/sendmail/sendmail" | awk '/not found/ { print $1 }')
[[ -z $lacking ]] ||
    fail "Sendmail lacks ${lacking//$'\n'/ }; install the packages that sendmail-bin depends on"

command -v cargo >/dev/null 2>&1 ||
    fail "cargo is not in PATH; install Rust 1.95 or later (https://rustup.rs)"

# Packages of the npm registry that drive Chromium, as the lock file has them.
# Downloaded once; no test reaches for the network.
browser=$(dirname "$0")/dashboard_browser
if ! [[ $browser/node_modules/.package-lock.json -nt $browser/package-lock.json ]]; then
    say "npm ci in $browser"
    (cd "$browser" &&
        PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund --ignore-scripts) ||
        fail "npm could not install playwright-core and axe-core; is the npm registry within reach?"
    touch "$browser/node_modules/.package-lock.json"
fi
