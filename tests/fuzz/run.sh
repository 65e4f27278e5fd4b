#!/bin/sh
# Fuzzes one target until it has had so many seconds of processor time, all
# runs together: an interrupted run goes on where it was. It runs in slices of
# so many seconds of processor time, at most so many slices at a time.
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
slice=${3:-180}
slices=${4:-0}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$root/target/fuzz
results=$work/RESULTS.tsv
program=$work/bin/$target
log=$work/log/$target

die() {
    echo "$*" >&2
    exit 2
}

[ -x "$program" ] || die "there is no $program; 'make fuzz' builds it"
[ -d "$work/seeds/$target" ] || die "there are no seeds in $work/seeds; 'make fuzz' writes them"
mkdir -p "$work/corpus/$target" "$work/crashes/$target" "$work/log"
[ -e "$results" ] ||
    printf 'target\tcpu-seconds\tinputs\tedges\tfeatures\tcorpus\tcrashes\n' >"$results"
found=$root/tests/fuzz/found/$target
[ -d "$found" ] || found=

# A column of the target's line, 0 if there is none.
past() {
    awk -F '\t' -v target="$target" -v column="$1" \
        '$1 == target { value = $column } END { print value + 0 }' "$results"
}

# The last number behind a word of libFuzzer's output, 0 if there is none.
last() {
    sed -n "s/.*$1:\{0,1\} *\([0-9][0-9]*\).*/\1/p" "$log" | awk 'END { print $1 + 0 }'
}

# Processor time of a process in seconds, user and system (proc(5)); nothing
# once it has ended.
processor_time() {
    awk -v ticks="$(getconf CLK_TCK)" '{
        sub(/.*\) /, "")
        if ($1 != "Z") printf "%d", ($12 + $13) / ticks
    }' "/proc/$1/stat" 2>/dev/null || true
}

# Those still there: slow units are told, and are no crash.
crashes() {
    find "$work/crashes/$target" -type f ! -name 'slow-unit-*' | wc -l
}

# libFuzzer goes by the clock, and a run may have been stopped or starved: what
# is done in 20 seconds of processor time is no hang.
acquit() {
    for input in "$work/crashes/$target"/timeout-*; do
        [ -e "$input" ] || continue
        if (ulimit -t 20 && exec "$program" "$input") >/dev/null 2>&1; then
            mv "$input" "$work/crashes/$target/slow-unit-${input##*/timeout-}"
        fi
    done
}

# Adds a slice to the results.
record() {
    # Two targets may end a slice at the same time.
    (
        flock 9
        spent=$(($(past 2) + used))
        inputs=$(($(past 3) + $(last stat::number_of_executed_units)))
        corpus=$(find "$work/corpus/$target" -type f | wc -l)
        awk -F '\t' -v target="$target" '$1 != target' "$results" >"$results.new"
        printf '%s\t%d\t%d\t%d\t%d\t%d\t%d\n' "$target" "$spent" "$inputs" \
            "$(last cov)" "$(last ft)" "$corpus" "$(crashes)" >>"$results.new"
        { head -n 1 "$results.new"; tail -n +2 "$results.new" | sort; } >"$results.sorted"
        rm "$results.new"
        mv "$results.sorted" "$results"
    ) 9>"$results.lock"
}

# SQLite has two static variables of one name, which gcc takes for one.
export ASAN_OPTIONS="detect_odr_violation=0:${ASAN_OPTIONS:-}"

stopped=
trap 'stopped=yes; kill -TERM "${child:-}" 2>/dev/null || true' INT TERM
number=0
while [ -z "$stopped" ] && [ "$(past 2)" -lt "$wanted" ]; do
    left=$((wanted - $(past 2)))
    [ "$left" -lt "$slice" ] || left=$slice
    # Real time depends on what else the machine does: 120 s for one input is
    # a hang, and nothing less is.
    nice -n 10 "$program" \
        "$work/corpus/$target" "$work/seeds/$target" ${found:+"$found"} \
        -dict="$root/tests/fuzz/dictionaries/$target.dict" \
        -artifact_prefix="$work/crashes/$target/" \
        -max_len=16384 -timeout=120 -report_slow_units=30 \
        -rss_limit_mb=2048 -detect_leaks=0 -print_final_stats=1 \
        >"$log" 2>&1 &
    child=$!
    used=1
    while now=$(processor_time "$child") && [ -n "$now" ]; do
        [ "$now" -eq 0 ] || used=$now
        [ "$now" -lt "$left" ] || kill -TERM "$child" 2>/dev/null || true
        sleep 2
    done
    status=0
    wait "$child" || status=$?
    acquit
    record
    # libFuzzer ends with 72 when it is told to.
    if [ "$status" -ne 0 ] && [ "$status" -ne 72 ] && [ "$(crashes)" -gt 0 ]; then
        break
    fi
    # 70: a timeout that was none.
    case $status in 0 | 70 | 72) ;; *) die "$target does not run, see $log" ;; esac
    number=$((number + 1))
    [ "$number" -ne "$slices" ] || break
done
[ "$(crashes)" -eq 0 ] || {
    echo "$target: $(crashes) inputs broke a promise, see $work/crashes/$target and $log" >&2
    exit 1
}
