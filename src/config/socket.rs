//! Where to listen, in the notation of Postfix or of Sendmail.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Longest path that fits a socket address (unix(7): 108 bytes with the NUL).
const LONGEST_PATH: usize = 107;

/// Where the milter listens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Socket {
    /// A TCP port.
    Tcp {
        /// Host name or address, without brackets.
        host: String,
        /// Port; 0 takes any free one.
        port: u16,
    },
    /// A socket file.
    Unix(PathBuf),
}

impl Socket {
    /// Reads `unix:PATH` or `local:PATH`, `inet:HOST:PORT` (Postfix) or
    /// `inet:PORT@HOST` (Sendmail).
    ///
    /// # Errors
    ///
    /// What is wrong, as a sentence without a subject.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text
            .strip_prefix("unix:")
            .or_else(|| text.strip_prefix("local:"))
        {
            return unix(path);
        }
        let Some(rest) = text
            .strip_prefix("inet:")
            .or_else(|| text.strip_prefix("inet6:"))
        else {
            return Err("has no known beginning".to_owned());
        };
        let (host, port) = match rest.rsplit_once('@') {
            Some((port, host)) => (host, port),
            None => rest.rsplit_once(':').ok_or("has no host")?,
        };
        let host = host
            .strip_prefix('[')
            .and_then(|h| h.strip_suffix(']'))
            .unwrap_or(host);
        if host.is_empty() {
            return Err("has no host".to_owned());
        }
        let port = port
            .parse()
            .map_err(|_| format!("has no port number between 0 and 65535 but {port:?}"))?;
        Ok(Self::Tcp {
            host: host.to_owned(),
            port,
        })
    }
}

fn unix(path: &str) -> Result<Socket, String> {
    if !Path::new(path).is_absolute() {
        return Err("has no full path".to_owned());
    }
    if path.len() > LONGEST_PATH {
        return Err(format!(
            "is {} bytes long, and a socket path has at most {LONGEST_PATH}",
            path.len()
        ));
    }
    Ok(Socket::Unix(PathBuf::from(path)))
}

/// In Postfix's notation.
impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "inet:[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "inet:{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Result<Socket, String> {
        Ok(Socket::Tcp {
            host: host.to_owned(),
            port,
        })
    }

    #[test]
    fn both_notations_are_read() {
        let unix = Ok(Socket::Unix("/run/untrackd/milter.sock".into()));
        assert_eq!(Socket::parse("unix:/run/untrackd/milter.sock"), unix);
        assert_eq!(Socket::parse("local:/run/untrackd/milter.sock"), unix);
        assert_eq!(Socket::parse("inet:127.0.0.1:9999"), tcp("127.0.0.1", 9999));
        assert_eq!(Socket::parse("inet:9999@127.0.0.1"), tcp("127.0.0.1", 9999));
        assert_eq!(Socket::parse("inet:localhost:0"), tcp("localhost", 0));
        assert_eq!(Socket::parse("inet:[::1]:9999"), tcp("::1", 9999));
        assert_eq!(Socket::parse("inet6:9999@[::1]"), tcp("::1", 9999));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["unix:/a/b", "inet:localhost:25", "inet:[::1]:25"] {
            assert_eq!(Socket::parse(text).map(|s| s.to_string()), Ok(text.into()));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let long = format!("unix:/{}", "x".repeat(107));
        for (text, what) in [
            ("/run/milter.sock", "no known beginning"),
            ("unix:milter.sock", "no full path"),
            ("unix:", "no full path"),
            (long.as_str(), "is 108 bytes long"),
            ("inet:9999", "no host"),
            ("inet::9999", "no host"),
            ("inet:9999@", "no host"),
            ("inet:localhost:smtp", "no port number"),
            ("inet:localhost:65536", "no port number"),
        ] {
            let error = Socket::parse(text).expect_err(text);
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
