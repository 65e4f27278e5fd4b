//! The other readers, which are Python programs beside this file. One process
//! answers all questions of a test, one line of JSON for each.

use serde_json::Value;
use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
};

/// Debian's Python and not any other, which would not have Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

/// The answers of `script` to the questions, in their order.
pub(crate) fn ask(script: &str, questions: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("questions"), dir.path().join("answers"));
    let mut file = BufWriter::new(File::create(&input).unwrap());
    let mut count = 0;
    for question in questions {
        serde_json::to_writer(&mut file, &question).unwrap();
        file.write_all(b"\n").unwrap();
        count += 1;
    }
    file.into_inner().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/differential")
        .join(script);
    let run = Command::new(PYTHON)
        .arg("-I")
        .arg(&script)
        .stdin(File::open(&input).unwrap())
        .stdout(File::create(&output).unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .unwrap_or_else(|e| panic!("{PYTHON}: {e}; run tests/setup.sh"));
    assert!(
        run.status.success(),
        "{}: {}\nIf a module is missing, run tests/setup.sh (python3-html5lib, python3-lxml).",
        script.display(),
        String::from_utf8_lossy(&run.stderr)
    );
    let answers: Vec<Value> = BufReader::new(File::open(&output).unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert_eq!(answers.len(), count, "one answer for each question");
    answers
}
