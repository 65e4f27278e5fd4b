//! The checks of the fuzz targets (`tests/fuzz`) on inputs that are known
//! beforehand: what once broke them, the seeds, and mutations of both that are
//! the same in every run. The long form is `make fuzz`.

#[path = "fuzz/checks/mod.rs"]
mod checks;
#[path = "common/mail/mod.rs"]
#[allow(dead_code, reason = "shared with tests that look at every edit")]
mod mail;
#[path = "fuzz/seeds.rs"]
mod seeds;

use checks::{Check, TARGETS, chance::Chance};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

/// How many mutations of a target's seeds are tried.
const MUTATIONS: usize = 300;

/// Longest input that is mutated: many short ones find more than a few long.
const MAX_MUTATED: usize = 3_000;

/// Where the input is kept that a check did not survive.
const BROKEN: &str = "target/fuzz-seeds";

/// Runs a check; if it fails, keeps the input.
fn run(target: &str, name: &str, check: Check, input: &[u8]) {
    let result = catch_unwind(AssertUnwindSafe(|| check(input)));
    if result.is_err() {
        let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(BROKEN);
        std::fs::create_dir_all(&dir).unwrap();
        let kept = dir.join(format!("{target}-{name}"));
        std::fs::write(&kept, input).unwrap();
        panic!(
            "{target}: {name} breaks a promise; it is {}",
            kept.display()
        );
    }
}

/// All that is known of a target.
fn survive(target: &str) {
    let check = TARGETS.iter().find(|(name, _)| *name == target).unwrap().1;
    let mut inputs: Vec<Vec<u8>> = Vec::new();
    for (path, input) in seeds::found(target) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        run(target, &name, check, &input);
        inputs.push(input);
    }
    let all = seeds::of(target);
    assert!(all.len() >= 20, "{target} has {} seeds", all.len());
    for (number, seed) in all.iter().enumerate() {
        run(target, &format!("seed-{number}"), check, seed);
    }
    inputs.extend(all.into_iter().filter(|seed| seed.len() <= MAX_MUTATED));
    let dictionary = seeds::dictionary(target);
    let mut chance = Chance::new(20_261_122);
    for number in 0..MUTATIONS {
        let mut input = chance.one(&inputs).clone();
        for _ in 0..=chance.below(6) {
            mutate(&mut input, &inputs, &dictionary, &mut chance);
        }
        run(target, &format!("mutation-{number}"), check, &input);
    }
}

/// One change: a byte, a token, a piece of another input, a cut or a copy.
fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], tokens: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.below(input.len() + 1);
    let piece = |of: &[u8], longest: usize, chance: &mut Chance| {
        let start = chance.below(of.len() + 1);
        let length = chance.below(longest).min(of.len() - start);
        start..start + length
    };
    match chance.below(6) {
        0 if at < input.len() => input[at] = u8::try_from(chance.below(256)).unwrap(),
        1 => {
            let cut = piece(input, 60, chance);
            input.drain(cut);
        }
        2 => {
            let other = chance.one(others);
            let copied = other[piece(other, 500, chance)].to_vec();
            input.splice(at..at, copied);
        }
        3 => {
            let copied = input[piece(input, 200, chance)].to_vec();
            input.splice(at..at, copied);
        }
        _ => {
            input.splice(at..at, chance.one(tokens).clone());
        }
    }
}

macro_rules! targets {
    ($($target:ident,)+) => {
        $(#[test]
        fn $target() {
            survive(stringify!($target));
        })+

        #[test]
        fn every_target_is_tested() {
            let tested = [$(stringify!($target)),+];
            let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, tested);
        }
    };
}

targets! {
    configuration,
    html,
    milter,
    query,
    rules,
    splitter,
    transfer,
    url,
}

/// Not a test: `tests/fuzz/run.sh` has the seeds written where libFuzzer
/// looks for them.
#[test]
#[ignore = "writes the seeds to the directory $UNTRACKD_FUZZ_SEEDS"]
fn write_the_seeds() {
    let dir = std::env::var_os("UNTRACKD_FUZZ_SEEDS").expect("UNTRACKD_FUZZ_SEEDS names it");
    seeds::write_to(&PathBuf::from(dir));
}
