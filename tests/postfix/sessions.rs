//! What SMTP clients do besides sending one mail.

use super::{
    Delivered, Rig, Settings, assert_changed, assert_untouched,
    common::mail::{tracked_sample, untouched_sample},
    our_fields, unique_sender, without_our_field,
};

#[test]
fn each_mail_of_a_connection_is_judged_on_its_own() {
    let rig = Rig::start(&Settings::default(), "tempfail");
    let mut client = rig.connect();
    for number in 0..6 {
        let sample = if number % 2 == 0 {
            tracked_sample(number)
        } else {
            untouched_sample(number)
        };
        let sender = unique_sender();
        let recipient = &sample.recipients[0];
        client.deliver(&sender, recipient, &sample.bytes());
        let mail = rig.sink.wait_for_mail(&sender, recipient);
        if sample.is_tracked() {
            assert_changed(&sample, mail.as_sent());
        } else {
            assert_untouched(&sample, mail.as_sent());
        }
    }
}

#[test]
fn what_was_begun_and_given_up_leaves_no_trace_in_the_next_mail() {
    let rig = Rig::start(&Settings::default(), "tempfail");
    let given_up = tracked_sample(1);
    let sample = tracked_sample(2);
    let recipients = [sample.recipients[0].clone()];

    // RSET after the envelope.
    let mut client = rig.connect();
    for recipient in ["abuse@example.net", "else@example.net"] {
        client
            .command("MAIL FROM:<gone@sender.example.com>")
            .expect("MAIL");
        client
            .command(&format!("RCPT TO:<{recipient}>"))
            .expect("RCPT");
        assert_eq!(client.command("RSET").expect("RSET").code, 250);
    }
    let sender = unique_sender();
    client.deliver(&sender, &recipients[0], &sample.bytes());
    let mail = rig.sink.wait_for_mail(&sender, &recipients[0]);
    assert_changed(&sample, mail.as_sent());

    // The connection drops in mid-body, once in a line and once after one.
    let bytes = given_up.bytes();
    for cut in [bytes.len() / 2, bytes.len()] {
        let mut client = rig.connect();
        let reply = client
            .begin("gone@sender.example.com", &given_up.recipients)
            .expect("DATA");
        assert_eq!(reply.code, 354, "{}", reply.text);
        client.raw(&bytes[..cut]).expect("a part of the body");
        drop(client);
    }

    let mail = rig.pass(&sample);
    assert_changed(&sample, mail.as_sent());
    assert_eq!(rig.sink.count(), 2, "what was given up is not delivered");
    // What was given up is in the block log as little as in the mailbox.
    let arrived: Vec<String> = rig.sink.mails().iter().map(Delivered::queue_id).collect();
    let log = rig.untrackd.block_log(&arrived);
    assert_eq!(log.len(), arrived.len(), "{log:?}");
}

#[test]
fn a_forged_field_of_ours_is_removed_and_nothing_else() {
    let rig = Rig::start(&Settings::default(), "tempfail");
    let forged = b"X-Untrackd: clean; all is well\r\nx-UNTRACKD:folded\r\n\tand more\r\n";

    let untouched = untouched_sample(3);
    let mut bytes = forged.to_vec();
    bytes.extend(untouched.bytes());
    let sender = unique_sender();
    rig.connect()
        .deliver(&sender, &untouched.recipients[0], &bytes);
    let mail = rig.sink.wait_for_mail(&sender, &untouched.recipients[0]);
    assert_untouched(&untouched, mail.as_sent());

    let tracked = tracked_sample(3);
    let mut bytes = forged.to_vec();
    bytes.extend(tracked.bytes());
    let sender = unique_sender();
    rig.connect()
        .deliver(&sender, &tracked.recipients[0], &bytes);
    let mail = rig.sink.wait_for_mail(&sender, &tracked.recipients[0]);
    assert_changed(&tracked, mail.as_sent());
    let fields = our_fields(mail.as_sent());
    assert!(!fields[0].contains("all is well"), "{fields:?}");
}

#[test]
fn observe_mode_changes_nothing_and_logs_what_it_would_do() {
    let observe = Settings {
        top: "mode = \"observe\"".to_owned(),
        ..Settings::default()
    };
    let rig = Rig::start(&observe, "tempfail");
    let sample = tracked_sample(4);
    let mail = rig.pass(&sample);
    let (_, rest) = without_our_field(mail.as_sent());
    assert!(rest == sample.bytes(), "observe mode leaves mail alone");
    let id = mail.queue_id();
    let log = rig.untrackd.block_log(std::slice::from_ref(&id));
    assert_eq!(log[&id]["disposition"], "would-change");
}
