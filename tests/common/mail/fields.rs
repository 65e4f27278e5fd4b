//! A message as an MTA hands it to a milter.

/// One message, taken apart as an MTA does it.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    /// Where it comes from, for messages about it.
    pub(crate) name: String,
    /// Name and value of each field; the value begins after the colon and
    /// has bare LF where it is folded.
    pub(crate) fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// With CRLF line ends.
    pub(crate) body: Vec<u8>,
}

/// Postfix's `header_size_limit`: what goes beyond is cut off.
const MAX_FIELD: usize = 102_400;

impl Mail {
    /// Takes a file's content apart.
    ///
    /// The header block ends at the empty line, or before the first line that
    /// is no field, as in Postfix. Line ends become CRLF, since SMTP carries
    /// no others; a value is a C string, so it ends at a NUL.
    pub(crate) fn parse(name: String, content: &[u8]) -> Self {
        let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut lines = content.split_inclusive(|&b| b == b'\n').peekable();
        // The line of an mbox that comes before a message.
        lines.next_if(|line| line.starts_with(b"From "));
        while let Some(line) = lines.peek() {
            let line = without_line_end(line);
            if line.is_empty() {
                lines.next();
                break;
            }
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                let Some((_, value)) = fields.last_mut() else {
                    break;
                };
                value.push(b'\n');
                value.extend_from_slice(line);
            } else if let Some((name, value)) = field(line) {
                fields.push((name.to_vec(), value.to_vec()));
            } else {
                break;
            }
            lines.next();
        }
        for (_, value) in &mut fields {
            if let Some(end) = value.iter().position(|&b| b == 0) {
                value.truncate(end);
            }
            value.truncate(MAX_FIELD);
        }
        let mut body = Vec::with_capacity(content.len());
        for line in lines {
            body.extend_from_slice(without_line_end(line));
            body.extend_from_slice(b"\r\n");
        }
        Self { name, fields, body }
    }

    /// The mail as an SMTP client sends it.
    pub(crate) fn to_smtp(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in &self.fields {
            out.extend_from_slice(name);
            out.push(b':');
            for (i, line) in value.split(|&b| b == b'\n').enumerate() {
                if i > 0 {
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(line);
            }
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A field's name and value (RFC 5322 section 2.2). White space before the
/// colon is obsolete, but MTAs take it.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&b| b == b':')?;
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| (name, &line[colon + 1..]))
}
