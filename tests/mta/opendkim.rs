//! OpenDKIM as a second milter, and dkimpy as the one who judges signatures.

use super::common::{directory, sendmail::Sockets, sendmail::feed, wait_until};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const PROGRAM: &str = "/usr/sbin/opendkim";
const JUDGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mta/signatures.py");

/// The domain that signs: that of the samples' From.
const DOMAIN: &str = "sender.example.com";
const SELECTOR: &str = "test";

/// A fresh key pair. Nobody asks a name server for it.
pub(crate) struct Keys {
    directory: TempDir,
    record: String,
}

impl Keys {
    pub(crate) fn new() -> Self {
        let directory = directory();
        let private = directory.path().join("private.pem");
        openssl(&["genrsa", "-traditional", "-out"], &private);
        let public = Command::new("openssl")
            .args(["rsa", "-pubout", "-in"])
            .arg(&private)
            .output()
            .expect("openssl, see tests/setup.sh");
        let public = String::from_utf8(public.stdout).expect("PEM");
        let key: String = public
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect();
        assert!(key.len() > 300, "a public key: {public}");
        let record = format!("v=DKIM1; k=rsa; p={key}");
        let keys = Self { directory, record };
        fs::write(
            keys.public(),
            format!("{SELECTOR}._domainkey.{DOMAIN} {}\n", keys.record),
        )
        .expect("a file of public keys");
        keys
    }

    fn private(&self) -> PathBuf {
        self.directory.path().join("private.pem")
    }

    fn public(&self) -> PathBuf {
        self.directory.path().join("public")
    }

    /// Signs mails as a sender far away does.
    pub(crate) fn sign(&self, mails: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let replies = self.ask("sign", mails);
        let mails = replies.iter().map(|reply| {
            let mail = reply["mail"].as_str().expect("a signed mail");
            BASE64_STANDARD.decode(mail).expect("base64")
        });
        mails.collect()
    }

    /// Whether the signature of each mail is right, and if not, why.
    pub(crate) fn verify(&self, mails: &[Vec<u8>]) -> Vec<Result<(), String>> {
        let replies = self.ask("verify", mails);
        let verdicts = replies.iter().map(|reply| match &reply["why"] {
            Value::Null => Ok(()),
            why => Err(why.as_str().expect("a reason").to_owned()),
        });
        verdicts.collect()
    }

    fn ask(&self, action: &str, mails: &[Vec<u8>]) -> Vec<Value> {
        let heading = json!({
            "action": action,
            "domain": DOMAIN,
            "selector": SELECTOR,
            "key": fs::read_to_string(self.private()).expect("the private key"),
            "record": self.record,
        });
        let mut input = format!("{heading}\n");
        for mail in mails {
            input += &BASE64_STANDARD.encode(mail);
            input.push('\n');
        }
        // Debian's own Python: another one lacks the package.
        let output = feed(
            Command::new("/usr/bin/python3").arg(JUDGE),
            input.as_bytes(),
        );
        assert!(
            output.status.success(),
            "{JUDGE} (python3-dkim, see tests/setup.sh): {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let replies: Vec<Value> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(replies.len(), mails.len());
        replies
    }
}

/// What OpenDKIM does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Task {
    /// Looks at signatures and writes Authentication-Results.
    Verify,
    /// Signs all mail.
    Sign,
}

/// A running OpenDKIM.
pub(crate) struct OpenDkim {
    child: Child,
    socket: String,
    _sockets: Sockets,
    directory: TempDir,
}

impl OpenDkim {
    pub(crate) fn start(task: Task, keys: &Keys) -> Self {
        assert!(
            Path::new(PROGRAM).exists(),
            "OpenDKIM is not installed: run tests/setup.sh"
        );
        let directory = directory();
        let sockets = Sockets::new();
        let socket = sockets.socket("opendkim.sock");
        let path = socket.strip_prefix("unix:").expect("a Unix socket");
        let mut config = format!(
            "Syslog no\nSocket local:{path}\nUMask 000\nBackground no\nRequireSafeKeys no\n\
             AuthservID mta.example.net\nAlwaysAddARHeader yes\nNameservers 127.0.0.1\n\
             TestPublicKeys {}\n",
            keys.public().display()
        );
        config += &match task {
            // The client of the tests is on this machine.
            Task::Verify => "Mode v\nInternalHosts 192.0.2.250\n".to_owned(),
            Task::Sign => format!(
                "Mode s\nInternalHosts 127.0.0.1\nDomain {DOMAIN}\nSelector {SELECTOR}\n\
                 KeyFile {}\nCanonicalization simple/simple\n",
                keys.private().display()
            ),
        };
        let file = directory.path().join("opendkim.conf");
        fs::write(&file, config).expect("opendkim.conf");
        let messages = File::create(directory.path().join("messages")).expect("a file");
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", PROGRAM, "-f", "-x"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(messages.try_clone().expect("the same file"))
            .stderr(messages)
            .spawn()
            .expect("opendkim");
        let opendkim = Self {
            child,
            socket: socket.clone(),
            _sockets: sockets,
            directory,
        };
        let is_ready = wait_until(Duration::from_secs(60), || {
            UnixStream::connect(path).is_ok()
        });
        assert!(
            is_ready,
            "opendkim does not answer: {}",
            opendkim.messages()
        );
        opendkim
    }

    /// The socket as Postfix writes it.
    pub(crate) fn socket(&self) -> &str {
        &self.socket
    }

    fn messages(&self) -> String {
        fs::read_to_string(self.directory.path().join("messages")).unwrap_or_default()
    }
}

impl Drop for OpenDkim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn openssl(arguments: &[&str], file: &Path) {
    let output = Command::new("openssl")
        .args(arguments)
        .arg(file)
        .arg("2048")
        .output()
        .expect("openssl, see tests/setup.sh");
    assert!(
        output.status.success(),
        "openssl: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
