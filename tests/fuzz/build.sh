#!/bin/sh
# Builds the fuzz targets and writes their seeds. The executables are copied to
# target/fuzz/bin, so that a run goes on with its own while others are built.
# SANITIZER is what cargo-fuzz calls so (none, address and more). By default
# none: the product has no unsafe code, and each input takes half the time.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$root/target/fuzz
cd "$root"

cargo +nightly --version >/dev/null 2>&1 || {
    echo "fuzzing needs the nightly toolchain: rustup toolchain install nightly" >&2
    exit 2
}
cargo +nightly fuzz --version >/dev/null 2>&1 || {
    echo "fuzzing needs cargo-fuzz: cargo install --locked cargo-fuzz" >&2
    exit 2
}

cargo +nightly fuzz build --fuzz-dir tests/fuzz --target-dir "$work/build" \
    --sanitizer "${SANITIZER:-none}"
mkdir -p "$work/bin"
for source in tests/fuzz/targets/*.rs; do
    target=$(basename "$source" .rs)
    built=$(ls "$work"/build/*/release/"$target")
    cp "$built" "$work/bin/$target.new"
    # The old one may be running.
    mv "$work/bin/$target.new" "$work/bin/$target"
done

rm -rf "$work/seeds"
UNTRACKD_FUZZ_SEEDS="$work/seeds" ${CARGO:-cargo} test --locked --quiet \
    --test fuzz_seeds -- --ignored --exact write_the_seeds
