#!/bin/sh
# Fuzzes one target until it has had so many seconds of processor time, all
# runs together: an interrupted run goes on where it was. It runs in slices of
# so many seconds of real time, at most so many slices at a time.
#
#   tests/fuzz/run.sh TARGET CPU_SECONDS [SLICE [SLICES]]
#
# Everything is in target/fuzz: the executables (bin/), what was found to be of
# interest (corpus/TARGET), what broke a promise (crashes/TARGET), the output
# of the last slice (log/TARGET) and RESULTS.tsv. Ends with 1 if there is a
# crash, 2 if something is missing.
set -eu

target=$1
wanted=$2
slice=${3:-300}
slices=${4:-0}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$root/target/fuzz
results=$work/RESULTS.tsv
program=$work/bin/$target

die() {
    echo "$*" >&2
    exit 2
}

[ -x "$program" ] || die "there is no $program; 'make fuzz' builds it"
[ -d "$work/seeds/$target" ] || die "there are no seeds in $work/seeds; 'make fuzz' writes them"
mkdir -p "$work/corpus/$target" "$work/crashes/$target" "$work/log"
[ -e "$results" ] ||
    printf 'target\tcpu-seconds\tinputs\tedges\tfeatures\tcorpus\tcrashes\n' >"$results"

# A column of the target's line, 0 if there is none.
past() {
    awk -F '\t' -v target="$target" -v column="$1" \
        '$1 == target { value = $column } END { print value + 0 }' "$results"
}

# The last number behind a word of libFuzzer's output.
last() {
    sed -n "s/.*$1:\{0,1\} *\([0-9][0-9]*\).*/\1/p" "$work/log/$target" | tail -n 1
}

# Processor time of all children so far, user and system. A pipe would make
# it that of another shell.
clock() {
    times >"$work/log/$target.times"
    awk 'NR == 2 {
        for (i = 1; i <= 2; i++) { split($i, part, /[ms]/); sum += part[1] * 60 + part[2] }
        printf "%d", sum + 0.5
    }' "$work/log/$target.times"
}

found=$root/tests/fuzz/found/$target
[ -d "$found" ] || found=

spent=$(past 2)
number=0
while [ "$spent" -lt "$wanted" ]; do
    left=$((wanted - spent))
    [ "$left" -lt "$slice" ] || left=$slice
    [ "$left" -gt 10 ] || left=10
    clock >"$work/log/$target.before"
    status=0
    nice -n 10 "$program" \
        "$work/corpus/$target" "$work/seeds/$target" ${found:+"$found"} \
        -dict="$root/tests/fuzz/dictionaries/$target.dict" \
        -artifact_prefix="$work/crashes/$target/" \
        -max_total_time="$left" -max_len=16384 -timeout=10 -report_slow_units=2 \
        -rss_limit_mb=2048 -detect_leaks=0 -print_final_stats=1 \
        >"$work/log/$target" 2>&1 || status=$?
    clock >"$work/log/$target.after"
    used=$(($(cat "$work/log/$target.after") - $(cat "$work/log/$target.before")))
    # A slice that dies at once must not be tried for ever.
    [ "$used" -gt 0 ] || used=1
    spent=$((spent + used))
    inputs=$(last stat::number_of_executed_units)
    inputs=$(($(past 3) + ${inputs:-0}))
    edges=$(last cov)
    features=$(last ft)
    corpus=$(find "$work/corpus/$target" -type f | wc -l)
    crashes=$(find "$work/crashes/$target" -type f ! -name 'slow-unit-*' | wc -l)
    # Two targets may end a slice at the same time.
    (
        flock 9
        awk -F '\t' -v target="$target" '$1 != target' "$results" >"$results.new"
        printf '%s\t%d\t%d\t%d\t%d\t%d\t%d\n' "$target" "$spent" "$inputs" \
            "${edges:-0}" "${features:-0}" "$corpus" "$crashes" >>"$results.new"
        { head -n 1 "$results.new"; tail -n +2 "$results.new" | sort; } >"$results.sorted"
        rm "$results.new"
        mv "$results.sorted" "$results"
    ) 9>"$results.lock"
    [ "$status" -eq 0 ] || break
    number=$((number + 1))
    [ "$number" -ne "$slices" ] || break
done
crashes=$(find "$work/crashes/$target" -type f ! -name 'slow-unit-*' | wc -l)
[ "$crashes" -eq 0 ] || {
    echo "$target: $crashes inputs broke a promise, see $work/crashes/$target and $work/log/$target" >&2
    exit 1
}
