//! Keeps the socket file where the MTA looks for it.
//!
//! A socket file can be removed while its process goes on listening: by a
//! clean-up of /run, a package script, or by hand. Nobody can connect then,
//! and no system call says so; so it is looked at every few seconds.

use super::{
    bind::{BindError, bind},
    listener::{Latch, Listening},
    stats::Stats,
};
use std::{error::Error as _, fmt::Write as _, io, time::Duration};
use tokio::time::sleep;
use tracing::{error, warn};

/// Time from one look at the socket file to the next.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often it is tried to make the socket anew. A service manager can do
/// more, such as making the directory.
const ATTEMPTS: u32 = 5;

/// Makes the socket anew whenever its file is gone. Ends when that has failed
/// for some time, with the reason.
pub(super) async fn keep_in_place(latch: &Latch<Listening>, stats: &Stats) -> io::Error {
    keep(LOOK_EVERY, latch, stats).await
}

async fn keep(look_every: Duration, latch: &Latch<Listening>, stats: &Stats) -> io::Error {
    let mut failures = 0;
    loop {
        sleep(look_every).await;
        if latch.look(Listening::is_in_place).unwrap_or(true) {
            failures = 0;
            continue;
        }
        let Some(result) = latch.change(renew) else {
            continue;
        };
        match result {
            Ok(address) => {
                failures = 0;
                stats.rebinds.add(1);
                warn!("the socket {address} was gone and is made anew; who removed its file?");
            }
            Err(reason) => {
                failures += 1;
                if failures == 1 {
                    error!("the socket is gone and cannot be made anew, trying again: {reason}");
                }
                if failures >= ATTEMPTS {
                    return io::Error::other(format!(
                        "the socket is gone and cannot be made anew: {reason}"
                    ));
                }
            }
        }
    }
}

/// Returns where it listens again, or why it does not.
fn renew(listening: &mut Listening) -> Result<String, String> {
    let bound = bind(listening.address()).map_err(|e| reason(&e))?;
    let description = bound.describe();
    listening.replace(bound).map_err(|e| e.to_string())?;
    Ok(description)
}

fn reason(error: &BindError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string does not fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    let _ = write!(text, "; {}", error.remedy());
    text
}

#[cfg(test)]
mod tests {
    use super::{
        super::{SocketAddr, listener::Door},
        *,
    };
    use indymilter::Listener;
    use std::{fs, path::Path, sync::Arc};
    use tokio::net::UnixStream;

    const SOON: Duration = Duration::from_millis(10);

    fn door(path: &Path) -> (Door<Listening>, Latch<Listening>) {
        let address = SocketAddr::Unix {
            path: path.to_owned(),
            mode: 0o600,
            group: None,
        };
        let listening = Listening::new(bind(&address).unwrap()).unwrap();
        let limits = (10, Duration::from_secs(60));
        Door::new(listening, limits, Arc::new(Stats::new()))
    }

    #[tokio::test]
    async fn a_socket_file_that_is_removed_comes_back_and_nobody_who_waits_is_lost() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("milter.sock");
        let (mut door, latch) = door(&path);
        let stats = Stats::new();
        let early = UnixStream::connect(&path).await.unwrap();
        fs::remove_file(&path).unwrap();
        let both = async {
            // The one who came before, then the one who comes after.
            door.accept().await.unwrap();
            let late = tokio::spawn({
                let path = path.clone();
                async move {
                    while UnixStream::connect(&path).await.is_err() {
                        sleep(SOON).await;
                    }
                }
            });
            door.accept().await.unwrap();
            late.await.unwrap();
        };
        tokio::select! {
            error = keep(SOON, &latch, &stats) => panic!("{error}"),
            () = both => {}
        }
        drop(early);
        assert_eq!(stats.rebinds(), 1);
        drop((door, latch));
        assert!(
            !path.exists(),
            "it goes with its owner, as the first would have"
        );
    }

    #[tokio::test]
    async fn without_a_directory_it_ends_and_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run/milter.sock");
        fs::create_dir(path.parent().unwrap()).unwrap();
        let (_door, latch) = door(&path);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        let error = keep(SOON, &latch, &Stats::new()).await.to_string();
        assert!(error.contains("RuntimeDirectory=untrackd"), "{error}");
    }

    #[tokio::test]
    async fn a_socket_of_another_process_stays_where_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("milter.sock");
        let (_door, latch) = door(&path);
        fs::remove_file(&path).unwrap();
        let _theirs = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = keep(SOON, &latch, &Stats::new()).await.to_string();
        assert!(error.contains("another process is listening"), "{error}");
        assert!(path.exists());
    }
}
