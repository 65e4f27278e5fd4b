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
slice=180
claims=$work/claims.$$
mkdir -p "$claims"
trap 'kill $workers 2>/dev/null || true; rm -rf "$claims"' EXIT
trap 'exit 143' INT TERM

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
    while target=$(next "$@"); [ -n "$target" ]; do
        mkdir "$claims/$target" 2>/dev/null || continue
        "$here/run.sh" "$target" "$wanted" "$slice" 1 || true
        rmdir "$claims/$target"
    done
}

worker "$@" &
workers=$!
# Not at the same moment, so that they do not choose the same target.
sleep 1
worker "$@" &
workers="$workers $!"
wait

status=0
for target in "$@"; do
    crashes=$(ls "$work/crashes/$target" 2>/dev/null | grep -cv '^slow-unit-' || true)
    [ "$crashes" -eq 0 ] || {
        echo "$target: $crashes inputs broke a promise, see $work/crashes/$target" >&2
        status=1
    }
done
exit $status
