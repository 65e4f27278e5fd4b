//! Reads file and environment, checks every key and type against the schema,
//! and remembers where each key was set.

use super::{
    error::{Origin, Problem},
    schema::{Kind, Schema, join},
    surroundings::Surroundings,
};
use config::{File, FileFormat, Map, Source, Value};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use toml::de::{DeTable, DeValue};

/// Prefix of the variables that set keys.
const PREFIX: &str = "UNTRACKD_";

/// The only variable with the prefix that sets no key.
const FILE_VARIABLE: &str = "UNTRACKD_CONFIG";

/// Where each key was set.
#[derive(Debug, Default)]
pub(super) struct Origins {
    file: Option<PathBuf>,
    lines: BTreeMap<String, usize>,
    variables: BTreeMap<String, String>,
}

impl Origins {
    pub(super) fn of(&self, key: &str) -> Origin {
        if let Some(name) = self.variables.get(key) {
            return Origin::Variable(name.clone());
        }
        match (&self.file, self.lines.get(key)) {
            (Some(path), Some(&line)) => Origin::File {
                path: path.clone(),
                line: Some(line),
            },
            _ => Origin::Default,
        }
    }

    pub(super) fn problem(
        &self,
        key: &str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem {
            origin: self.of(key),
            key: key.to_owned(),
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

/// What was read, key by key; the crate `config` lays the sources over each
/// other.
pub(super) struct Sources {
    pub(super) merged: config::Config,
    pub(super) origins: Origins,
}

/// Reads both sources. Every wrong key and type is reported in one go.
pub(super) fn read(
    file: Option<(&Path, &str)>,
    surroundings: &Surroundings,
) -> Result<Sources, Vec<Problem>> {
    let schema = Schema::new();
    let mut origins = Origins::default();
    let mut problems = Vec::new();
    if let Some((path, text)) = file {
        origins.file = Some(path.to_owned());
        read_file(&schema, text, &mut origins, &mut problems);
    }
    let variables = read_variables(&schema, surroundings, &mut origins, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut builder = config::Config::builder();
    if let Some((_, text)) = file {
        builder = builder.add_source(File::from_str(text, FileFormat::Toml));
    }
    match builder.add_source(variables).build() {
        Ok(merged) => Ok(Sources { merged, origins }),
        Err(e) => Err(vec![origins.problem("", e.to_string(), "correct it")]),
    }
}

fn read_file(schema: &Schema, text: &str, origins: &mut Origins, problems: &mut Vec<Problem>) {
    let lines = Lines::of(text);
    match DeTable::parse(text) {
        Ok(table) => check_table(schema, "", table.get_ref(), &lines, origins, problems),
        Err(e) => problems.push(Problem {
            origin: Origin::File {
                path: origins.file.clone().unwrap_or_default(),
                line: e.span().map(|span| lines.line_at(span.start)),
            },
            key: String::new(),
            what: format!("no valid TOML: {}", e.message().replace('\n', ", ")),
            remedy: "correct the line; keys are written as key = \"value\"".into(),
        }),
    }
}

fn check_table(
    schema: &Schema,
    section: &str,
    table: &DeTable<'_>,
    lines: &Lines,
    origins: &mut Origins,
    problems: &mut Vec<Problem>,
) {
    for (name, value) in table {
        let key = join(section, name.get_ref());
        let line = lines.line_at(name.span().start);
        origins.lines.insert(key.clone(), line);
        let Some(kind) = schema.kind(&key) else {
            let remedy = schema.remedy_for_unknown(&key);
            problems.push(origins.problem(&key, "there is no such key", remedy));
            continue;
        };
        match (kind, value.get_ref()) {
            (Kind::Section, DeValue::Table(inner)) => {
                check_table(schema, &key, inner, lines, origins, problems);
            }
            (kind, value) => {
                if let Err(found) = check_value(kind, value) {
                    let what = format!("{found} is not allowed here");
                    let remedy = format!("write {}", kind.description());
                    problems.push(origins.problem(&key, what, remedy));
                }
            }
        }
    }
}

/// Whether a value is of its kind; if not, how it reads.
///
/// The crate `config` would turn 3.7 into 4 and "yes" into true.
fn check_value(kind: Kind, value: &DeValue<'_>) -> Result<(), String> {
    let fits = match (kind, value) {
        (Kind::Flag, DeValue::Boolean(_)) | (Kind::Text, DeValue::String(_)) => true,
        (Kind::List, DeValue::Array(items)) => items.iter().all(|item| item.get_ref().is_str()),
        (Kind::Number, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix()).is_ok_and(|n| n >= 0)
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(shown(value)) }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Array(_) => "a list with anything but strings".into(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => format!("the date {time}"),
        DeValue::Float(number) => format!("the number {}", number.as_str()),
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        DeValue::String(text) => format!("the string {text:?}"),
        DeValue::Table(_) => "a section".into(),
    }
}

/// Translates byte offsets to line numbers.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        Self(ends.map(|(at, _)| at).collect())
    }

    fn line_at(&self, offset: usize) -> usize {
        self.0.partition_point(|&end| end < offset) + 1
    }
}

/// Values from the environment, as a source for the crate `config`.
///
/// Its own `Environment` guesses types from what the value looks like; here
/// the schema says them.
#[derive(Clone, Debug, Default)]
struct Variables(Map<String, Value>);

impl Source for Variables {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

fn read_variables(
    schema: &Schema,
    surroundings: &Surroundings,
    origins: &mut Origins,
    problems: &mut Vec<Problem>,
) -> Variables {
    let mut values = Map::new();
    for (name, text) in &surroundings.variables {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if name == FILE_VARIABLE {
            continue;
        }
        let key = rest.to_ascii_lowercase().replace("__", ".");
        origins.variables.insert(key.clone(), name.clone());
        let Some(kind) = schema.kind(&key).filter(|kind| *kind != Kind::Section) else {
            let remedy = remedy_for_variable(schema, &key);
            problems.push(origins.problem(&key, "the variable sets no key", remedy));
            continue;
        };
        match variable_value(kind, text) {
            Some(value) => {
                values.insert(key, value);
            }
            None => {
                let what = format!("{text:?} is not allowed here");
                let remedy = format!("set the variable to {}", kind.description());
                problems.push(origins.problem(&key, what, remedy));
            }
        }
    }
    Variables(values)
}

fn remedy_for_variable(schema: &Schema, key: &str) -> String {
    let variable = |key: &str| format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"));
    if schema.kind(key).is_some() {
        return format!("set one of its keys, as in {}__…", variable(key));
    }
    match schema.with_other_dots(key) {
        Some(key) => format!("did you mean {}?", variable(key)),
        None => format!("unset it or correct it: {}", schema.remedy_for_unknown(key)),
    }
}

fn variable_value(kind: Kind, text: &str) -> Option<Value> {
    let origin = None;
    match kind {
        Kind::Flag => Some(Value::new(origin, text.parse::<bool>().ok()?)),
        Kind::Number => {
            let number = text.parse::<i64>().ok().filter(|n| *n >= 0)?;
            Some(Value::new(origin, number))
        }
        Kind::Text => Some(Value::new(origin, text)),
        Kind::List => {
            let items = text.split(',').map(str::trim).filter(|s| !s.is_empty());
            let items: Vec<Value> = items.map(|s| Value::new(origin, s)).collect();
            Some(Value::new(origin, items))
        }
        Kind::Section => None,
    }
}
