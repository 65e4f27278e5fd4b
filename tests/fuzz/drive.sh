#!/bin/sh
# Fuzzes targets until each has had so many seconds of processor time. Two run
# at a time, and always those that have had the least, so that all have had
# about the same whenever this is stopped. A target with a crash is left alone
# until target/fuzz/crashes/TARGET is empty again.
#
#   tests/fuzz/drive.sh CPU_SECONDS TARGET...
set -eu

wanted=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
work=$(cd "$here/../.." && pwd)/target/fuzz
slice=45
claims=$work/claims.$$
mkdir -p "$claims"
stop() {
    touch "$claims/stop"
    # The runs record what they have done so far.
    for run in "$claims"/*/pid; do
        [ ! -e "$run" ] || kill -TERM "$(cat "$run")" 2>/dev/null || true
    done
    wait
    rm -rf "$claims"
    exit 143
}
trap stop INT TERM

# Of the targets that nobody is at, the one that has had the least.
next() {
    for target in "$@"; do
        [ ! -d "$claims/$target" ] || continue
        ls "$work/crashes/$target" 2>/dev/null | grep -qv '^slow-unit-' && continue
        awk -F '\t' -v target="$target" -v wanted="$wanted" '
            $1 == target { spent = $2 }
            END { if (spent + 0 < wanted) print spent + 0, target }' \
            "$work/RESULTS.tsv" 2>/dev/null || echo "0 $target"
    done | sort -n | awk 'NR == 1 { print $2 }'
}

worker() {
    while target=$(next "$@"); [ -n "$target" ] && [ ! -e "$claims/stop" ]; do
        mkdir "$claims/$target" 2>/dev/null || continue
        "$here/run.sh" "$target" "$wanted" "$slice" 1 &
        echo $! >"$claims/$target/pid"
        status=0
        wait $! || status=$?
        # Something is missing, or it does not run at all.
        [ "$status" -ne 2 ] || touch "$claims/stop"
        rm -r "$claims/$target"
    done
}

worker "$@" &
# Not at the same moment, so that they do not choose the same target.
sleep 1
worker "$@" &
wait
status=0
[ ! -e "$claims/stop" ] || status=2
rm -r "$claims"

for target in "$@"; do
    crashes=$(ls "$work/crashes/$target" 2>/dev/null | grep -cv '^slow-unit-' || true)
    [ "$crashes" -eq 0 ] || {
        echo "$target: $crashes inputs broke a promise, see $work/crashes/$target" >&2
        status=1
    }
done
exit $status
