//! A table of sums as a file.

use super::Format;
use crate::review::{dashboard::fault::Fault, json, spreadsheet};
use serde_json::{Map, Value};

/// One cell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Cell {
    Number(u64),
    Text(String),
}

/// Rows with a heading; short enough to be held in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The whole file.
    pub(super) fn write(&self, format: Format) -> Result<Vec<u8>, Fault> {
        match format {
            Format::Csv => self.csv(),
            Format::Json => Ok(self.json().into_bytes()),
        }
    }

    fn csv(&self) -> Result<Vec<u8>, Fault> {
        let mut out = csv::Writer::from_writer(Vec::new());
        let heading = self.columns.iter().map(String::as_str);
        out.write_record(heading).map_err(Fault::internal)?;
        for row in &self.rows {
            let cells = row.iter().map(|cell| match cell {
                Cell::Number(number) => number.to_string(),
                Cell::Text(text) => spreadsheet::cell(text).into_owned(),
            });
            out.write_record(cells).map_err(Fault::internal)?;
        }
        out.into_inner().map_err(Fault::internal)
    }

    fn json(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let mut object = Map::new();
            object.insert("v".to_owned(), json::VERSION.into());
            for (name, cell) in self.columns.iter().zip(row) {
                let value = match cell {
                    Cell::Number(number) => Value::from(*number),
                    Cell::Text(text) => Value::from(text.as_str()),
                };
                object.insert(name.clone(), value);
            }
            out += &json::line(&object);
            out.push('\n');
        }
        out
    }
}
