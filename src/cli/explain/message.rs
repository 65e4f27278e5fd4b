//! Everything in a message.

use super::{ExplainArgs, recipients::Known, sighting::Sighting, source};
use crate::{
    allow::Allowlist,
    clean::{Cleaner, Envelope, Finding, Outcome},
    cli::{
        complain, engine,
        exit::{Code, Failure},
        report::{JSON_VERSION, or_message},
        scan::{
            mbox::Message,
            plan::{Input, Plan},
        },
        terminal::{ASIDE, HEADING, WARNING, json_line, printable},
    },
    review::words,
};
use serde::Serialize;
use std::{
    fmt,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

pub(super) fn run(
    args: &ExplainArgs,
    cleaner: &Arc<Cleaner>,
    allowlist: &Arc<Allowlist>,
    out: &mut impl Write,
) -> Result<Code, Failure> {
    let plan = Plan::new(&args.message, None);
    let mut explainer = Explainer {
        args,
        cleaner,
        allowlist,
        out,
        worst: Code::Ok,
    };
    for error in &plan.errors {
        explainer.error(&error.path, &error.reason, Code::NoInput)?;
    }
    for job in &plan.jobs {
        explainer.file(&job.input)?;
    }
    explainer.out.flush()?;
    Ok(explainer.worst)
}

/// Why explaining a file ended: what is read may fail, and what is written.
enum Ended {
    Input(io::Error),
    Output(Failure),
}

impl From<io::Error> for Ended {
    fn from(e: io::Error) -> Self {
        Self::Input(e)
    }
}

struct Explainer<'a, W> {
    args: &'a ExplainArgs,
    cleaner: &'a Arc<Cleaner>,
    allowlist: &'a Arc<Allowlist>,
    out: W,
    worst: Code,
}

impl<W: Write> Explainer<'_, W> {
    fn file(&mut self, input: &Input) -> Result<(), Failure> {
        let name = input.name();
        let largest = engine::largest_message(self.cleaner);
        let ended = source::for_each(input, largest, &mut |message, raw| {
            self.message(&name, message, raw).map_err(Ended::Output)
        });
        match ended {
            Ok(()) => Ok(()),
            Err(Ended::Output(failure)) => Err(failure),
            Err(Ended::Input(e)) => {
                let path = Path::new(&name);
                let failure = Failure::file(Code::Io, path, &e);
                self.error(&name, &e.to_string(), failure.code)
            }
        }
    }

    fn message(
        &mut self,
        file: &str,
        message: &Message,
        raw: Option<&[u8]>,
    ) -> Result<(), Failure> {
        let place = Place {
            file,
            message: message.number,
        };
        let recipients = match raw {
            _ if !self.args.to.is_empty() => Known::given(&self.args.to),
            Some(raw) => Known::from_header(raw),
            None => Known::default(),
        };
        let outcome = match raw {
            Some(raw) => {
                let envelope = Envelope {
                    recipients: recipients.addresses.clone(),
                    allowlist: Arc::clone(self.allowlist),
                    ..Envelope::default()
                };
                match engine::explain(self.cleaner, envelope, raw) {
                    Ok(outcome) => outcome,
                    Err(e) => return self.error(&place.to_string(), &e.to_string(), Code::Data),
                }
            }
            None => engine::oversize(),
        };
        if self.args.json {
            self.write_json(place, &outcome)?;
        } else {
            self.write_text(place, &recipients, &outcome)?;
        }
        Ok(())
    }

    fn sightings<'o>(&self, outcome: &'o Outcome) -> Vec<&'o Finding> {
        let selection = &self.args.selection;
        let findings = outcome.findings.iter();
        findings.filter(|f| selection.takes(f)).collect()
    }

    fn write_json(&mut self, place: Place<'_>, outcome: &Outcome) -> io::Result<()> {
        for finding in self.sightings(outcome) {
            let sighting = Sighting::new(finding, self.cleaner);
            let object = Object::new("sighting", place, sighting);
            writeln!(self.out, "{}", json_line(&object))?;
        }
        let selection = &self.args.selection;
        for note in &outcome.skips {
            if selection.takes_part(&note.part) {
                let (reason, meaning) = (note.skip.name(), words::skip(note.skip));
                let part = &note.part;
                let object = Object::new(
                    "skip",
                    place,
                    Note {
                        part,
                        reason,
                        meaning,
                    },
                );
                writeln!(self.out, "{}", json_line(&object))?;
            }
        }
        for (part, ambiguity) in &outcome.ambiguities {
            if selection.takes_part(part) {
                let (reason, meaning) = (ambiguity.name(), words::ambiguity(*ambiguity));
                let object = Object::new(
                    "ambiguity",
                    place,
                    Note {
                        part,
                        reason,
                        meaning,
                    },
                );
                writeln!(self.out, "{}", json_line(&object))?;
            }
        }
        Ok(())
    }

    fn write_text(
        &mut self,
        place: Place<'_>,
        recipients: &Known,
        outcome: &Outcome,
    ) -> io::Result<()> {
        let sightings = self.sightings(outcome);
        let (shown, all) = (sightings.len(), outcome.findings.len());
        let name = place.to_string();
        write!(self.out, "{HEADING}{}{HEADING:#}: ", printable(&name))?;
        if all == shown {
            writeln!(self.out, "{all} URLs")?;
        } else {
            writeln!(self.out, "{shown} of {all} URLs")?;
        }
        writeln!(
            self.out,
            "  {ASIDE}{}{ASIDE:#}",
            printable(&describe(recipients))
        )?;
        let version = self.cleaner.rules().version();
        writeln!(
            self.out,
            "  {ASIDE}rules version {}{ASIDE:#}",
            printable(version)
        )?;
        for finding in sightings {
            Sighting::new(finding, self.cleaner).write_text(&mut self.out, finding)?;
        }
        let selection = &self.args.selection;
        let skips = outcome.skips.iter();
        let skips = skips.map(|n| (&n.part, "skipped", n.skip.name(), words::skip(n.skip)));
        let ambiguities = outcome.ambiguities.iter();
        let ambiguities =
            ambiguities.map(|(part, a)| (part, "ambiguous", a.name(), words::ambiguity(*a)));
        for (part, what, name, meaning) in skips.chain(ambiguities) {
            if selection.takes_part(part) {
                let part = or_message(part);
                writeln!(
                    self.out,
                    "  {part} {WARNING}{what}: {name}{WARNING:#} ({meaning})"
                )?;
            }
        }
        Ok(())
    }

    /// An error is told on standard error, and the next file is read.
    fn error(&mut self, path: &str, reason: &str, code: Code) -> Result<(), Failure> {
        self.worst = self.worst.max(code);
        if self.args.json {
            let object = serde_json::json!({
                "v": JSON_VERSION, "type": "error", "file": path, "error": reason,
            });
            writeln!(self.out, "{}", json_line(&object))?;
        }
        complain(&format!("{path}: {reason}"));
        Ok(())
    }
}

fn describe(recipients: &Known) -> String {
    if recipients.addresses.is_empty() {
        return "recipients: not known, so that their addresses are not recognised".to_owned();
    }
    let addresses = recipients.addresses.join(", ");
    match recipients.from.as_slice() {
        [] => format!("recipients: {addresses}"),
        from => format!("recipients: {addresses} (from {})", from.join(", ")),
    }
}

/// Which message.
#[derive(Clone, Copy, Debug, Serialize)]
struct Place<'a> {
    file: &'a str,
    /// From 1; absent where a file is a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<usize>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message {
            Some(number) => write!(f, "{} message {number}", self.file),
            None => f.write_str(self.file),
        }
    }
}

/// One line of JSON.
#[derive(Serialize)]
struct Object<'a, T> {
    v: u32,
    r#type: &'static str,
    #[serde(flatten)]
    place: Place<'a>,
    #[serde(flatten)]
    content: T,
}

impl<'a, T> Object<'a, T> {
    fn new(r#type: &'static str, place: Place<'a>, content: T) -> Self {
        Self {
            v: JSON_VERSION,
            r#type,
            place,
            content,
        }
    }
}

/// Something about a part.
#[derive(Serialize)]
struct Note<'a> {
    part: &'a str,
    reason: &'static str,
    meaning: &'static str,
}
