//! Hands a mail to sendmail(1).

use crate::cli::{
    exit::{Code, Failure},
    terminal::printable,
};
use std::{
    io::{ErrorKind, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
};

/// Most of what the program says that is passed on, in characters.
const MAX_SAID: usize = 2_000;
/// The exit code of sysexits(3) with which a mail may succeed later.
const TEMPORARY: i32 = 75;

/// Sends a message whose lines end with CR LF. The addresses have to be
/// checked.
///
/// # Errors
///
/// The program cannot be run, or does not take the message.
pub(super) fn send(
    program: &Path,
    from: &str,
    to: &[String],
    message: &[u8],
) -> Result<(), Failure> {
    let name = program.display();
    // A single dot ends nothing (-i), and no address is an option (--). There
    // is no shell.
    let mut child = Command::new(program)
        .args(["-i", "-f", from, "--"])
        .args(to)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| {
            let code = match e.kind() {
                ErrorKind::PermissionDenied => Code::Permission,
                _ => Code::Unavailable,
            };
            let remedy = "name the program with --sendmail";
            Failure::new(code, format!("{name}: {e}; {remedy}"))
        })?;
    let stdin = child.stdin.take();
    let lines = local_lines(message);
    // In a thread of its own: the program may talk before it has read all.
    let (written, output) = thread::scope(|scope| {
        let writer = scope.spawn(|| match stdin {
            Some(mut stdin) => stdin.write_all(&lines),
            None => Ok(()),
        });
        let output = child.wait_with_output();
        let written = writer.join().unwrap_or(Ok(()));
        (written, output)
    });
    let output = output.map_err(|e| Failure::new(Code::Io, format!("{name}: {e}")))?;
    if !output.status.success() {
        let code = match output.status.code() {
            Some(TEMPORARY) => Code::TempFail,
            _ => Code::Unavailable,
        };
        let said = [&output.stderr, &output.stdout].map(|said| said_by(said));
        let said: Vec<_> = said.iter().filter(|said| !said.is_empty()).collect();
        let said: String = said.iter().map(|said| format!(": {said}")).collect();
        return Err(Failure::new(
            code,
            format!("{name} did not take the report ({}){said}", output.status),
        ));
    }
    written.map_err(|e| Failure::new(Code::Io, format!("{name} did not read the report: {e}")))
}

/// Lines as local programs have them; not each sendmail(1) takes CR LF.
fn local_lines(message: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(message.len());
    let mut bytes = message.iter().peekable();
    while let Some(byte) = bytes.next() {
        if *byte != b'\r' || bytes.peek() != Some(&&b'\n') {
            lines.push(*byte);
        }
    }
    lines
}

/// What the program says, on one line.
fn said_by(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(MAX_SAID).collect();
    printable(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_they_do_here() {
        assert_eq!(local_lines(b"a\r\n\r\nb\rc\n\r"), b"a\n\nb\rc\n\r");
    }

    #[test]
    fn what_is_said_stays_on_a_line() {
        assert_eq!(said_by(b" a:\n  b \x1b[2J\n"), "a: b \\u{1b}[2J");
        assert_eq!(said_by(&[b'x'; 5_000]).len(), MAX_SAID);
    }
}
