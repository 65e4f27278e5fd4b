//! Mail that programs of the same machine submit.

use super::{
    Mta, Rig, Transport, assert_arrived,
    common::mail::{Sample, tracked_sample, untouched_sample},
};

/// Postfix passes it to `non_smtpd_milters`, Sendmail's submission program to
/// the daemon by SMTP.
fn run(mta: Mta, transport: Transport) {
    let rig = Rig::start(mta, transport);
    for sample in [tracked_sample(1), untouched_sample(1), plain_and_empty()] {
        let bytes = sample.bytes();
        let lines = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        let mail = rig.submit(
            &[&sample.recipients[0], "other@example.net"],
            lines.as_bytes(),
        );
        let arrived = match mta {
            Mta::Postfix => mail.as_sent().to_vec(),
            Mta::Sendmail => {
                // One field of the daemon, and one of the program.
                let mut once = mail.clone();
                once.data = mail.as_sent().to_vec();
                once.as_sent().to_vec()
            }
        };
        assert_arrived(&sample, &arrived);
        let mut recipients = mail.recipients.clone();
        recipients.sort();
        assert_eq!(recipients, ["other@example.net", &sample.recipients[0]]);
        let row = rig.logged(&mail);
        let expected = if sample.is_tracked() {
            "changed"
        } else {
            "clean"
        };
        assert_eq!(row["disposition"], expected, "{row}");
        assert_eq!(row["recipient_count"], 2, "{row}");
    }
}

/// A mail with an empty body.
fn plain_and_empty() -> Sample {
    let mut sample = untouched_sample(2);
    sample.segments = vec![super::common::mail::Segment::Fixed(
        b"From: <a@sender.example.com>\r\nTo: <b@example.net>\r\nSubject: Empty\r\n\
          Date: Tue, 04 Mar 2025 10:00:00 +0100\r\nMessage-ID: <e@sender.example.com>\r\n\r\n"
            .to_vec(),
    )];
    sample
}

#[test]
fn postfix_sendmail_command_over_a_unix_socket() {
    run(Mta::Postfix, Transport::Unix);
}

#[test]
fn postfix_sendmail_command_over_tcp() {
    run(Mta::Postfix, Transport::Tcp);
}

#[test]
fn sendmail_submission_over_a_unix_socket() {
    run(Mta::Sendmail, Transport::Unix);
}

#[test]
fn sendmail_submission_over_tcp() {
    run(Mta::Sendmail, Transport::Tcp);
}
