#!/usr/bin/env bash
# The whole thing at work: sample mails go by SMTP into a private Postfix with
# untrackd as its milter, and out again by SMTP. Shows what became of each,
# the block log, and the lines for your own Postfix.
#
# Everything listens on loopback, on ports above 1024, and is stopped at the
# end. What arrived stays in .demo/, nothing elsewhere.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD
results=$repository/.demo
program=${CARGO_TARGET_DIR:-$repository/target}/release/untrackd

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' off=$'\e[0m' colour=always
else
    bold='' dim='' off='' colour=never
fi
title() { printf '\n%s━━ %s%s\n' "$bold" "$*" "$off"; }
note() { printf '%s%s%s\n' "$dim" "$*" "$off"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

title "Set-up"
tests/setup.sh
cargo build --release --locked --quiet
note "built $program"

# Postfix needs root; everything else runs as you.
root=()
((EUID == 0)) || root=(sudo)

# Below /tmp and open to all, because Postfix's own user has to get to its
# queue: a home directory is often closed.
work=$(mktemp -d /tmp/untrackd-demo.XXXXXX)
chmod 755 "$work"
milter='' sink=''

finish() {
    local status=$?
    trap - EXIT INT TERM
    "${root[@]}" bash "$repository/tests/common/postfix.sh" stop "$work/postfix" || true
    local process
    for process in $milter $sink; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    if ((status != 0)) && [[ -s $work/milter.log ]]; then
        printf '\ndemo: what the milter said:\n' >&2
        tail -n 20 "$work/milter.log" >&2
    fi
    rm -rf -- "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# wait_for WHAT COMMAND…: until the command succeeds, ten seconds at most.
wait_for() {
    local what=$1 i
    shift
    for ((i = 0; i < 200; i++)); do
        if "$@" 2>/dev/null; then return; fi
        sleep 0.05
    done
    fail "waited in vain for $what"
}
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }
free_port() {
    local port
    for ((port = 20000 + RANDOM % 10000; ; port++)); do
        if ! answers "$port" 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

# 1. The sink: takes what Postfix delivers, one file a mail.
sink_port=$(free_port)
mkdir "$work/arrived"
sink_user=()
((EUID != 0)) || sink_user=(-u root)
(cd "$work/arrived" && exec /usr/sbin/smtp-sink "${sink_user[@]}" -d 'mail.' "127.0.0.1:$sink_port" 100) \
    >"$work/sink.log" 2>&1 &
sink=$!
wait_for "the sink" answers "$sink_port"
note "sink on 127.0.0.1:$sink_port"

# 2. The milter. The directory is ours alone to write, so the socket may be
# open to all users; a real installation gives it to Postfix's group.
cat >"$work/untrackd.toml" <<TOML
[milter]
socket = "unix:$work/milter.sock"
socket_mode = "0666"
[log]
path = "$work/log.db"
TOML
"$program" milter --config "$work/untrackd.toml" >"$work/milter.log" 2>&1 &
milter=$!
milter_listens() {
    kill -0 "$milter" || fail "untrackd milter ended: $(<"$work/milter.log")"
    [[ -S $work/milter.sock ]]
}
wait_for "the milter" milter_listens
note "milter on unix:$work/milter.sock"

# 3. Postfix between the two.
port=$(free_port)
mkdir "$work/postfix"
"${root[@]}" bash tests/common/postfix.sh start "$work/postfix" $$ "$sink_port" \
    "port=$port" "smtpd_milters = unix:$work/milter.sock"
note "private Postfix on 127.0.0.1:$port"

# Decodes quoted-printable and base64 text parts, so that people can read the
# difference. The bytes themselves are in .demo/.
readable() {
    perl -ne '
        BEGIN { binmode STDOUT; $part = ""; $how = "" }
        sub flush_part {
            if ($how eq "quoted-printable") {
                $part =~ s/=\n//g;
                $part =~ s/=([0-9A-F]{2})/chr hex $1/ge;
            } elsif ($how eq "base64") {
                $part =~ tr{A-Za-z0-9+/}{}cd;
                $part =~ tr{A-Za-z0-9+/}{ -_};
                my $text = "";
                while ($part =~ /(.{1,60})/g) {
                    my $line = $1;
                    $text .= unpack "u", chr(32 + length($line) * 3 / 4) . $line;
                }
                $part = $text;
                $part .= "\n" unless $part =~ /\n\z/;
            }
            print $part;
            $part = "";
        }
        BEGIN { $body = 0; $next = "" }
        if (!$body) {
            print;
            $next = lc $1 if /^Content-Transfer-Encoding:\s*(\S+)/i;
            if (/^$/) { $body = 1; $how = $next; $next = "" }
        } elsif (/^--\S/) {
            flush_part();
            print;
            $how = "";
            $body = /--$/ ? 1 : 0;
        } else {
            $part .= $_;
        }
        END { flush_part() }
    ' "$1"
}

# Takes away what smtp-sink and Postfix add: the sink's envelope lines, a
# Received field of each, and the empty line with which the sink ends a file.
as_it_was_sent() {
    perl -e '
        local $/;
        $_ = <>;
        s/\r\n/\n/g;
        s/\A(?:X-(?:Client|Helo|Mail|Rcpt)-[^\n]*\n)+//;
        s/\A(?:Received:[^\n]*\n(?:[ \t][^\n]*\n)*){1,2}//;
        s/\n\z//;
        print;
    ' "$1"
}

# send MAIL SENDER RECIPIENT: by SMTP, exactly the mail, with CRLF line ends
# and dots doubled at line starts (RFC 5321 section 4.5.2).
send() {
    local line
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    reply 220
    for line in "HELO client.example.com" "MAIL FROM:<$2>" "RCPT TO:<$3>"; do
        printf '%s\r\n' "$line" >&3
        reply 250
    done
    printf 'DATA\r\n' >&3
    reply 354
    sed 's/^\./../; s/$/\r/' "$1" >&3
    printf '.\r\n' >&3
    reply 250
    printf 'QUIT\r\n' >&3
    reply 221
    exec 3>&-
}
reply() {
    local line
    IFS= read -r -t 60 line <&3 || fail "Postfix closed the connection"
    [[ $line == "$1"* ]] || fail "Postfix says: $line"
}

title "Mail through Postfix and untrackd"
rm -rf -- "$results"
mkdir -p "$results/before" "$results/after"
delivered() {
    local count
    count=$(grep -c 'status=sent' "$work/postfix/maillog") && ((count >= $1))
}
number=0
for mail in tests/demo/mail/*.eml; do
    number=$((number + 1))
    name=$(basename "$mail")
    sender=$(sed -n 's/^From:.*<\(.*\)>.*/\1/p;T;q' "$mail")
    recipient=$(grep -m 1 '^To:' "$mail" | grep -o '[^ <>]*@[^ <>]*')
    send "$mail" "$sender" "$recipient"
    wait_for "the delivery of $name" delivered "$number"
    cp "$mail" "$results/before/$name"
    as_it_was_sent "$work"/arrived/mail.* >"$results/after/$name"
    rm -f "$work"/arrived/mail.*

    subject=$(sed -n 's/^Subject: //p;T;q' "$mail")
    title "$number. $subject"
    note "from $sender to $recipient"
    if cmp -s "$results/before/$name" "$results/after/$name"; then
        printf 'unchanged: arrived byte for byte as it was sent (%s bytes)\n' \
            "$(stat -c %s "$mail")"
    else
        # diff says 1 when there is a difference.
        diff --color="$colour" -U1 --label before --label after \
            <(readable "$results/before/$name") <(readable "$results/after/$name") || true
    fi
done

title "The block log"
# A milter that stops writes down what it still has in memory.
kill "$milter"
wait "$milter" || fail "the milter did not stop cleanly"
milter=''
"$program" log --config "$work/untrackd.toml" | tee "$results/log.txt"

title "For your own Postfix, in /etc/postfix/main.cf"
cat <<'TEXT'
# untrackd as a service listens on /run/untrackd/milter.sock.
smtpd_milters = { unix:/run/untrackd/milter.sock, default_action=accept }
# Where smtpd is chrooted (Debian's default), put the socket into
# /var/spool/postfix/untrackd/ (see systemd/untrackd.tmpfiles) and write
#   smtpd_milters = { unix:untrackd/milter.sock, default_action=accept }
TEXT
note "'untrackd check' prints the line for your configuration. The mails of this demo are in .demo/."
