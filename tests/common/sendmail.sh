#!/usr/bin/env bash
# A private Sendmail, from the packages that tests/setup.sh has taken apart: its
# own configuration, queue and process id below one directory, listening on
# loopback only. It shares nothing with an MTA that the machine may run.
#
#   sendmail.sh sockets DIR UID           makes a directory for milters' sockets
#   sendmail.sh start DIR OWNER PACKAGES  starts with DIR/sendmail.mc
#   sendmail.sh submit DIR PACKAGES ARG…  sends what comes on standard input, as
#                                         sendmail(8), with DIR/submit.mc
#   sendmail.sh stop DIR
#
# When the process OWNER is gone without a stop, because it was killed, the
# Sendmail is stopped all the same. Needs root.
set -euo pipefail

PATH=/usr/sbin:/usr/bin:/sbin:/bin

# Sendmail looks at files with the eyes of a user who trusts nobody: what it
# reads and writes belongs to root.
prepare() {
    install -d -m 755 "$dir/private"
    install -d -m 700 "$dir/private/mqueue"
    # The submission program never runs as root.
    install -d -m 770 -o nobody -g nogroup "$dir/private/clientmqueue"
    # The packages' program belongs to a group that is not there, and would
    # not look for libraries where we say.
    install -m 755 "$packages/usr/libexec/sendmail/sendmail" "$dir/private/sendmail"
    printf 'hosts files\naliases files\npasswd files\n' >"$dir/private/switch"
    printf '127.0.0.1 localhost mta.example.net mta\n' >"$dir/private/hosts"
    printf 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n' >"$dir/private/resolv.conf"
    printf '%s: files\n' hosts passwd group services >"$dir/private/nsswitch.conf"
    local name
    for name in sendmail submit; do
        [[ ! -e $dir/$name.mc ]] ||
            m4 "$dir/$name.mc" >"$dir/private/$name.cf" 2>"$dir/private/m4.log" || {
            cat "$dir/private/m4.log" >&2
            exit 1
        }
    done
}

# Runs Sendmail. It waits for a minute if the machine's own name has no domain,
# and asks the name server all the time: so it gets a name of its own, and no
# name server. Where that is not allowed, as in some containers, it does
# without.
sendmail() {
    if unshare --uts --mount true 2>/dev/null; then
        unshare --uts --mount bash "$0" confined "$dir" "$packages" "$@"
    else
        confined "$packages" "$@" unconfined
    fi
}

confined() {
    packages=$1
    shift
    if [[ ${!#} == unconfined ]]; then
        set -- "${@:1:$#-1}"
    else
        local file
        mount --make-rprivate /
        for file in hosts resolv.conf nsswitch.conf; do
            [[ ! -e /etc/$file ]] || mount --bind "$dir/private/$file" "/etc/$file"
        done
        hostname mta.example.net
    fi
    local libraries
    libraries=$(find "$packages" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
    cd "$dir/private"
    # No exec: without a namespace this is the script itself.
    LD_LIBRARY_PATH=$libraries ./sendmail "$@"
}

sockets() {
    install -d -m 755 -o "$1" "$dir"
}

start() {
    local owner=$1
    packages=$2
    prepare
    sendmail -C "$dir/private/sendmail.cf" -bd -q1h </dev/null >"$dir/private/start.log" 2>&1 || {
        cat "$dir/private/start.log" >&2
        exit 1
    }
    local tries
    for tries in {1..600}; do
        [[ ! -s $dir/private/sendmail.pid ]] || break
        ((tries < 600)) || {
            echo 'it writes no process id' >&2
            exit 1
        }
        sleep 0.1
    done
    setsid bash "$0" watch "$dir" "$owner" </dev/null >/dev/null 2>&1 &
}

submit() {
    packages=$1
    shift
    sendmail -C "$dir/private/submit.cf" "$@"
}

# When a process was started, in clock ticks after boot: its number alone may
# have gone to another process since (proc(5), field 22 of "stat").
birth() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

watch() {
    local born
    born=$(birth "$1")
    while [[ -n $born && $(birth "$1") == "$born" ]]; do
        [[ -e $dir/private ]] || return 0
        sleep 1
    done
    stop
}

stop() {
    local pid
    if pid=$(head -n 1 "$dir/private/sendmail.pid" 2>/dev/null) && [[ -n $pid ]]; then
        # Only what runs our own copy of the program.
        [[ $(readlink "/proc/$pid/exe") != "$dir/private/sendmail" ]] || kill "$pid"
    fi
    rm -rf -- "$dir"
}

action=${1:?start, submit, sockets or stop}
dir=${2:?directory}
[[ $dir == /*/* ]] || { echo "sendmail.sh: not an absolute path below another: $dir" >&2; exit 64; }
shift 2
case $action in
    start | stop | watch | submit | sockets | confined) "$action" "$@" ;;
    *) echo "sendmail.sh: no such action: $action" >&2; exit 64 ;;
esac
