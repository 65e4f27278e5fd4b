//! Scans one file: reads its messages one by one, cleans each, and writes the
//! cleaned file if that is wanted.

use super::{
    mbox,
    plan::{Input, Job},
};
use crate::{
    allow::Allowlist,
    clean::{Cleaner, Envelope},
    cli::{engine, report::MessageReport},
};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

/// What scanning needs besides the file.
pub(super) struct Tools {
    pub(super) cleaner: Arc<Cleaner>,
    pub(super) recipients: Vec<String>,
    pub(super) allowlist: Arc<Allowlist>,
}

/// What scanning one file gave.
#[derive(Default)]
pub(super) struct FileReport {
    pub(super) messages: Vec<MessageReport>,
    pub(super) errors: Vec<FileError>,
}

/// Why a file, or a message in it, could not be scanned.
#[derive(Debug)]
pub(super) enum FileError {
    /// A message could not be processed.
    Message(String),
    /// Reading failed.
    Read(io::Error),
    /// Writing the cleaned file failed.
    Write(PathBuf, io::Error),
}

/// Scans one file. A message that fails is copied as it is.
pub(super) fn scan(job: &Job, tools: &Tools) -> FileReport {
    let mut report = FileReport::default();
    let result = match &job.input {
        Input::File(path) => scan_file(path, job, tools, &mut report),
        Input::Stdin => scan_stream(&mut io::stdin().lock(), job, tools, &mut report),
    };
    if let Err(e) = result {
        report.errors.push(e);
    }
    report
}

fn scan_file(
    path: &Path,
    job: &Job,
    tools: &Tools,
    report: &mut FileReport,
) -> Result<(), FileError> {
    let mut file = File::open(path).map_err(FileError::Read)?;
    let is_regular = file.metadata().is_ok_and(|m| m.is_file());
    if is_regular {
        scan_source(BufReader::new(file), job, tools, report)
    } else {
        scan_stream(&mut file, job, tools, report)
    }
}

/// A pipe or a terminal can be read only once, so it is read into memory.
fn scan_stream(
    stream: &mut impl Read,
    job: &Job,
    tools: &Tools,
    report: &mut FileReport,
) -> Result<(), FileError> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(FileError::Read)?;
    scan_source(Cursor::new(bytes), job, tools, report)
}

fn scan_source(
    mut source: impl BufRead + Seek,
    job: &Job,
    tools: &Tools,
    report: &mut FileReport,
) -> Result<(), FileError> {
    let messages = mbox::messages(&mut source).map_err(FileError::Read)?;
    let mut output = match &job.output {
        Some(path) => Some(Output::begin(path, &job.input)?),
        None => None,
    };
    let largest = engine::largest_message(&tools.cleaner);
    let mut at = 0;
    for message in messages {
        if let Some(output) = &mut output {
            output.copy(&mut source, at, message.span.start)?;
        }
        at = message.span.end;
        let length = message.length();
        let mut report_on = |changed, outcome: &_| {
            let name = job.input.name();
            let report_of = MessageReport::new(name, message.number, length, changed, outcome);
            report.messages.push(report_of);
        };
        if length > largest {
            report_on(false, &engine::oversize());
            if let Some(output) = &mut output {
                output.copy(&mut source, message.span.start, message.span.end)?;
            }
            continue;
        }
        let raw = mbox::read(&mut source, &message).map_err(FileError::Read)?;
        let envelope = Envelope {
            recipients: tools.recipients.clone(),
            allowlist: Arc::clone(&tools.allowlist),
            ..Envelope::default()
        };
        let bytes = match engine::clean(&tools.cleaner, envelope, &raw) {
            Ok(cleaned) => {
                report_on(cleaned.bytes.is_some(), &cleaned.outcome);
                cleaned.bytes
            }
            Err(e) => {
                let place = message.number.map(|n| format!("message {n}: "));
                let place = place.unwrap_or_default();
                report
                    .errors
                    .push(FileError::Message(format!("{place}{e}")));
                None
            }
        };
        if let Some(output) = &mut output {
            output.write(bytes.as_ref().unwrap_or(&raw))?;
        }
    }
    if let Some(mut output) = output {
        let end = source.seek(SeekFrom::End(0)).map_err(FileError::Read)?;
        output.copy(&mut source, at, end)?;
        output.finish()?;
    }
    Ok(())
}

/// The cleaned file: complete under its name or not there at all.
struct Output {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
}

impl Output {
    fn begin(path: &Path, input: &Input) -> Result<Self, FileError> {
        let failed = |e| FileError::Write(path.to_owned(), e);
        if let Some(dir) = path.parent() {
            // Mail is private, and so are the names of folders.
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700);
            builder.create(dir).map_err(failed)?;
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".untrackd-{}", std::process::id()));
        let temporary = path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(&temporary).map_err(failed)?;
        let output = Self {
            path: path.to_owned(),
            temporary,
            file: BufWriter::new(file),
        };
        if let Input::File(input) = input {
            // Who may read the original may read its copy.
            let permissions = fs::metadata(input).map(|m| m.permissions());
            if let Ok(permissions) = permissions {
                let _ = output.file.get_ref().set_permissions(permissions);
            }
        }
        Ok(output)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let result = self.file.write_all(bytes);
        result.map_err(|e| FileError::Write(self.path.clone(), e))
    }

    fn copy(
        &mut self,
        source: &mut (impl BufRead + Seek),
        from: u64,
        to: u64,
    ) -> Result<(), FileError> {
        source
            .seek(SeekFrom::Start(from))
            .map_err(FileError::Read)?;
        let mut span = source.take(to.saturating_sub(from));
        loop {
            let chunk = span.fill_buf().map_err(FileError::Read)?;
            let length = chunk.len();
            if length == 0 {
                return Ok(());
            }
            let result = self.file.write_all(chunk);
            result.map_err(|e| FileError::Write(self.path.clone(), e))?;
            span.consume(length);
        }
    }

    fn finish(mut self) -> Result<(), FileError> {
        let result = self
            .file
            .flush()
            .and_then(|()| fs::rename(&self.temporary, &self.path));
        result.map_err(|e| FileError::Write(self.path.clone(), e))
    }
}

impl Drop for Output {
    /// After `finish` there is nothing left of that name.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.temporary);
    }
}
