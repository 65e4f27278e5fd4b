#!/usr/bin/env bash
# A private Postfix: its own configuration, queue, data and log under one
# directory, listening on loopback only, relaying everything to one sink.
# It shares nothing with a Postfix that the machine may run.
#
#   postfix.sh start DIR OWNER SINK_PORT ['name = value' …] [port=N ['name = value' …]] …
#   postfix.sh stop DIR
#
# Settings before the first `port=` go to main.cf, those after one to that
# listener. DIR must be reachable for the user `postfix`; `stop` removes it.
# When the process OWNER is gone without a stop, because it was killed, the
# Postfix is stopped all the same. Needs root.
set -euo pipefail

# `postfix` and what it calls live where an ordinary user's PATH may not look.
PATH=/usr/sbin:/usr/bin:/sbin:/bin

# What the two helpers below leave behind is in $dir; nothing else is touched.
main_cf() {
    cat <<CF
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = $dir/maillog
maillog_file_prefixes = $dir
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop

myhostname = mta.example.net
mydomain = example.net
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
# Only IPv4 is listened on; both kinds of address can be claimed by XCLIENT.
inet_protocols = all
relayhost = [127.0.0.1]:$sink
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
local_recipient_maps =
alias_maps =
alias_database =

# Postfix's own additions and changes would hide ours.
local_header_rewrite_clients =
smtp_line_length_limit = 0
# Lets a test client claim a login or an address (XCLIENT).
smtpd_authorized_xclient_hosts = 127.0.0.0/8

milter_default_action = tempfail
message_size_limit = 104857600
# Deferred mail is tried again at once, not after minutes.
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
in_flow_delay = 0
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtp_destination_concurrency_limit = 20
initial_destination_concurrency = 10
default_destination_concurrency_failed_cohort_limit = 0
notify_classes =
biff = no
CF
}

services() {
    cat <<CF
postlog   unix-dgram n - n - 1 postlogd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
tlsmgr    unix  - - n 1000? 1 tlsmgr
CF
}

start() {
    owner=$1
    sink=$2
    shift 2
    mkdir -p "$dir/etc" "$dir/queue" "$dir/data"
    chmod 755 "$dir/etc" "$dir/queue"
    chown root:root "$dir/etc" "$dir/queue"
    chown postfix "$dir/data"
    main_cf >"$dir/etc/main.cf"
    services >"$dir/etc/master.cf"
    local argument to_master=
    for argument in "$@"; do
        if [[ $argument == port=* ]]; then
            printf '127.0.0.1:%s inet n - n - 100 smtpd\n' "${argument#port=}" >>"$dir/etc/master.cf"
            to_master=yes
        elif [[ -n $to_master ]]; then
            printf '  -o { %s }\n' "$argument" >>"$dir/etc/master.cf"
        else
            printf '%s\n' "$argument" >>"$dir/etc/main.cf"
        fi
    done
    # The log is read by the test, which need not be root.
    install -m 644 /dev/null "$dir/maillog"
    postfix -c "$dir/etc" start >"$dir/start.log" 2>&1 || {
        cat "$dir/start.log" "$dir/maillog" >&2
        exit 1
    }
    setsid bash "$0" watch "$dir" "$owner" </dev/null >/dev/null 2>&1 &
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
        [[ -e $dir/etc ]] || return 0
        sleep 1
    done
    stop
}

stop() {
    # `postfix stop` waits for the master process to go; a directory whose
    # Postfix never came up is removed all the same.
    [[ ! -e $dir/etc/main.cf ]] || postfix -c "$dir/etc" stop >/dev/null 2>&1 || true
    rm -rf -- "$dir/etc" "$dir/queue" "$dir/data" "$dir/maillog" "$dir/start.log"
    rmdir -- "$dir" 2>/dev/null || true
}

action=${1:?start or stop}
dir=${2:?directory}
[[ $dir == /*/* ]] || { echo "postfix.sh: not an absolute path below another: $dir" >&2; exit 64; }
shift 2
case $action in
    start | stop | watch) "$action" "$@" ;;
    *) echo "postfix.sh: no such action: $action" >&2; exit 64 ;;
esac
