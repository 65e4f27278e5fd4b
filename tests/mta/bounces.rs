//! What Postfix writes itself, which milters see with
//! `internal_mail_filter_classes = bounce`.

use super::{Mta, Rig, Transport, common::mail::tracked_sample, rig::unique_sender};

#[test]
fn a_bounce_is_logged_and_left_alone() {
    let rig = Rig::start(Mta::Postfix, Transport::Unix);
    let sample = tracked_sample(1);
    let sender = unique_sender();
    let recipient = "refused@example.net".to_owned();
    let reply = rig
        .connect()
        .send(&sender, std::slice::from_ref(&recipient), &sample.bytes())
        .expect("the connection lasts");
    assert_eq!(reply.code, 250, "{}", reply.text);

    let bounce = rig.sink.wait_for_mail("", &sender);
    let text = String::from_utf8_lossy(&bounce.data);
    assert!(text.contains("multipart/report"), "{text}");
    // What comes back was cleaned on its way out.
    assert_eq!(text.matches("X-Untrackd:").count(), 1, "{text}");
    let (header, returned) = text.split_once("\r\n\r\n").expect("a header");
    assert!(!header.contains("X-Untrackd"), "{header}");
    assert!(returned.contains("X-Untrackd:"), "{returned}");

    let row = rig.logged(&bounce);
    assert_ne!(row["disposition"], "changed", "{row}");
    assert_ne!(row["disposition"], "failed", "{row}");
}
