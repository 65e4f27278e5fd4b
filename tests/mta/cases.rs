//! What is tried with every MTA: one line a case.

use super::{
    Mta, Rig, Sample, assert_arrived,
    common::mail::{Segment, corpus, tracked_sample, untouched_sample},
    difference,
    rig::unique_sender,
    without_our_field,
};

type Case = fn(&Rig);

pub(crate) const CASES: &[(&str, Case)] = &[
    ("every shape of mail", every_shape),
    ("several recipients", several_recipients),
    (
        "one of several recipients refused by the MTA",
        refused_recipient,
    ),
    ("all recipients refused by the MTA", no_recipient_left),
    ("8BITMIME", eight_bit),
    ("SMTPUTF8", international_addresses),
    ("several messages a connection", several_messages),
    ("RSET in mid-transaction", reset),
    ("null sender", null_sender),
    ("forged fields of ours", forged_fields),
    ("receipt requests without a body", receipts_without_body),
    ("values with and without a leading space", leading_space),
    ("a field of 30,000 characters", long_field),
];

/// Also mail with an empty body and with nothing but a header.
fn every_shape(rig: &Rig) {
    let samples = corpus(42, 1);
    let mut plainly = rig.connect_plainly();
    let mut client = rig.connect();
    let mut wrong = Vec::new();
    for sample in &samples {
        let bytes = sample.bytes();
        let plain = rig.pass_on(&mut plainly, &sample.recipients, &bytes);
        let sample = &as_passed_on(rig.mta, sample);
        // Were the MTA itself to change mail, the comparison would be blind.
        if plain.as_sent() != sample.bytes() {
            let why = difference("without a milter", &sample.bytes(), plain.as_sent());
            wrong.push(format!("{}: {why}", sample.name));
            continue;
        }
        let mail = rig.pass_on(&mut client, &sample.recipients, &bytes);
        let checked = std::panic::catch_unwind(|| assert_arrived(sample, mail.as_sent()));
        if checked.is_err() {
            wrong.push(sample.name.clone());
            continue;
        }
        let expected = if sample.is_tracked() {
            "changed"
        } else if sample.skip().is_some() {
            "skipped"
        } else {
            continue;
        };
        let row = rig.logged(&mail);
        assert_eq!(row["disposition"], expected, "{}: {row}", sample.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What an MTA makes of a mail by itself: Sendmail ends the header with an
/// empty line if the mail does not. Nothing else.
pub(crate) fn as_passed_on(mta: Mta, sample: &Sample) -> Sample {
    let mut sample = sample.clone();
    if mta == Mta::Sendmail && memchr::memmem::find(&sample.bytes(), b"\r\n\r\n").is_none() {
        sample.segments.push(Segment::Fixed(b"\r\n".to_vec()));
    }
    sample
}

fn several_recipients(rig: &Rig) {
    let sample = Sample {
        recipients: (0..5).map(|i| format!("several{i}@example.net")).collect(),
        ..tracked_sample(10)
    };
    let mail = rig.pass_sample(&sample);
    let mut recipients = mail.recipients.clone();
    recipients.sort();
    assert_eq!(recipients, sample.recipients);
    assert_arrived(&sample, mail.as_sent());
    assert_eq!(rig.logged(&mail)["recipient_count"], 5);
}

fn refused_recipient(rig: &Rig) {
    let sample = tracked_sample(11);
    let sender = unique_sender();
    let mut client = rig.connect();
    let mut say = |line: &str| client.command(line).expect("the connection lasts").code;
    assert_eq!(say(&format!("MAIL FROM:<{sender}>")), 250);
    assert_eq!(say("RCPT TO:<one@example.net>"), 250);
    assert_eq!(say("RCPT TO:<forbidden@example.net>") / 10, 55);
    assert_eq!(say("RCPT TO:<two@example.net>"), 250);
    assert_eq!(say("DATA"), 354);
    finish(&mut client, &sample.bytes());
    let mail = rig.sink.wait_for_mail(&sender, "one@example.net");
    let mut recipients = mail.recipients.clone();
    recipients.sort();
    assert_eq!(recipients, ["one@example.net", "two@example.net"]);
    assert_arrived(&sample, mail.as_sent());
    let row = rig.logged(&mail);
    assert_eq!(row["recipient_count"], 2, "{row}");
}

fn no_recipient_left(rig: &Rig) {
    let before = rig.sink.count();
    let mut client = rig.connect();
    let mut say = |line: &str| client.command(line).expect("the connection lasts").code;
    assert_eq!(say("MAIL FROM:<nobody@sender.example.com>"), 250);
    assert_eq!(say("RCPT TO:<forbidden@example.net>") / 10, 55);
    assert_eq!(say("DATA") / 100, 5);
    assert_eq!(say("RSET"), 250);
    // The connection is as good as before.
    let sample = tracked_sample(12);
    let mail = rig.pass_on(&mut client, &sample.recipients, &sample.bytes());
    assert_arrived(&sample, mail.as_sent());
    assert_eq!(rig.sink.count(), before + 1);
}

fn eight_bit(rig: &Rig) {
    for name in ["html 8bit utf-8", "html 8bit koi8-r", "plain 8bit utf-8"] {
        let samples = corpus(8, 1);
        let sample = samples
            .iter()
            .find(|sample| sample.name.starts_with(name))
            .expect("a shape of this name");
        let mail = rig.pass_sample(sample);
        assert!(
            mail.parameters.contains("BODY=8BITMIME"),
            "{name}: {:?}",
            mail.parameters
        );
        assert_arrived(sample, mail.as_sent());
    }
}

/// Debian's Sendmail is built without it (RFC 6531), and says so by not
/// announcing it.
fn international_addresses(rig: &Rig) {
    let mut client = rig.connect();
    let offer = client.command("EHLO client.example.com").expect("EHLO");
    let is_offered = offer.text.contains("SMTPUTF8");
    assert_eq!(is_offered, rig.mta == Mta::Postfix, "{}", offer.text);
    if !is_offered {
        return;
    }
    let sample = tracked_sample(13);
    let recipient = "jürgen@bücher.example.net";
    let mut bytes = "To: Jürgen <jürgen@bücher.example.net>\r\n"
        .as_bytes()
        .to_vec();
    bytes.extend(sample.bytes());
    let sample = with_prefix(&sample, &bytes);
    let mut say = |line: &str| client.command(line).expect("the connection lasts");
    let reply = say("MAIL FROM:<grüße@sender.example.com> SMTPUTF8 BODY=8BITMIME");
    assert_eq!(reply.code, 250, "{}", reply.text);
    let reply = say(&format!("RCPT TO:<{recipient}>"));
    assert_eq!(reply.code, 250, "{}", reply.text);
    assert_eq!(say("DATA").code, 354);
    finish(&mut client, &bytes);
    let mail = rig
        .sink
        .wait_for_mail("grüße@sender.example.com", recipient);
    assert!(
        mail.parameters.contains("SMTPUTF8"),
        "{:?}",
        mail.parameters
    );
    assert_arrived(&sample, mail.as_sent());
    assert_eq!(rig.logged(&mail)["disposition"], "changed");
}

fn several_messages(rig: &Rig) {
    let mut client = rig.connect();
    for number in 0..6 {
        let sample = if number % 2 == 0 {
            tracked_sample(20 + number)
        } else {
            untouched_sample(20 + number)
        };
        let mail = rig.pass_on(&mut client, &sample.recipients, &sample.bytes());
        assert_arrived(&sample, mail.as_sent());
    }
}

fn reset(rig: &Rig) {
    let before = rig.sink.count();
    let mut client = rig.connect();
    let mut say = |line: &str| client.command(line).expect("the connection lasts").code;
    // An exempt recipient, who must not exempt the next message.
    for lines in [
        &["MAIL FROM:<gone@sender.example.com>"][..],
        &[
            "MAIL FROM:<gone@sender.example.com>",
            "RCPT TO:<abuse@example.net>",
        ],
    ] {
        for line in lines {
            assert_eq!(say(line), 250, "{line}");
        }
        assert_eq!(say("RSET"), 250);
    }
    let sample = tracked_sample(30);
    let mail = rig.pass_on(&mut client, &sample.recipients, &sample.bytes());
    assert_arrived(&sample, mail.as_sent());
    assert_eq!(
        rig.sink.count(),
        before + 1,
        "what was given up is not delivered"
    );
}

fn null_sender(rig: &Rig) {
    let recipient = "bounces@example.net".to_owned();
    let sample = tracked_sample(31);
    let reply = rig
        .connect()
        .send("", std::slice::from_ref(&recipient), &sample.bytes())
        .expect("the connection lasts");
    assert_eq!(reply.code, 250, "{}", reply.text);
    let mail = rig.sink.wait_for_mail("", &recipient);
    assert_arrived(&sample, mail.as_sent());
    assert_eq!(rig.logged(&mail)["disposition"], "changed");
}

/// Fields of the same name are counted; those between them stay where they
/// are.
fn forged_fields(rig: &Rig) {
    let forged: &[u8] = b"X-Untrackd: clean; all is well\r\nX-Between: one\r\n\
        x-UNTRACKD:folded\r\n\tand more\r\nX-Between: two\r\nX-Untrackd: \r\n";
    let kept: &[u8] = b"X-Between: one\r\nX-Between: two\r\n";
    for sample in [untouched_sample(32), tracked_sample(32)] {
        let bytes = [forged, &sample.bytes()].concat();
        let mail = rig.pass(&sample.recipients, &bytes);
        let expected = with_prefix(&sample, &[kept, &sample.bytes()].concat());
        assert_arrived(&expected, mail.as_sent());
        let (fields, _) = without_our_field(mail.as_sent());
        assert!(
            !fields
                .iter()
                .any(|field| field.contains("well") || field.contains("folded")),
            "{fields:?}"
        );
    }
}

/// A change of the header only: nothing is said of the body, which is empty
/// or not there at all.
fn receipts_without_body(rig: &Rig) {
    let rest = "From: <a@sender.example.com>\r\nTo: <b@example.net>\r\nSubject: s\r\n\
                Date: Tue, 04 Mar 2025 10:00:00 +0100\r\nMessage-ID: <r@sender.example.com>\r\n";
    let request = "Disposition-Notification-To: <spy@sender.example.com>\r\n";
    for end in ["", "\r\n", "\r\n\r\n"] {
        let recipients = ["b@example.net".to_owned()];
        let plain = format!("{rest}{end}");
        let plain = rig.pass_on(&mut rig.connect_plainly(), &recipients, plain.as_bytes());
        let mail = rig.pass(&recipients, format!("{request}{rest}{end}").as_bytes());
        let (fields, without) = without_our_field(mail.as_sent());
        assert_eq!(fields.len(), 1, "{fields:?}");
        assert!(fields[0].contains("receipts=1"), "{fields:?}");
        assert!(
            without == plain.as_sent(),
            "{}",
            difference("the rest", plain.as_sent(), &without)
        );
    }
}

/// What stands between colon and value is nobody's business.
fn leading_space(rig: &Rig) {
    let odd: &[u8] = b"X-None:value\r\nX-Two:  value\r\nX-Tab:\tvalue\r\nX-Empty:\r\n\
        X-Blank: \r\nX-Trailing: value \t\r\nX-Folded:\r\n\tvalue\r\n  and \r\n\tmore\r\n";
    for sample in [untouched_sample(33), tracked_sample(33)] {
        let bytes = [odd, &sample.bytes()].concat();
        let mail = rig.pass(&sample.recipients, &bytes);
        assert_arrived(&with_prefix(&sample, &bytes), mail.as_sent());
    }
}

fn long_field(rig: &Rig) {
    let mut field = b"References:".to_vec();
    for number in 0..600 {
        field.extend(format!(" <{number:028}@sender.example.com>\r\n").bytes());
    }
    assert!(field.len() > 30_000);
    for sample in [untouched_sample(34), tracked_sample(34)] {
        let bytes = [&field[..], &sample.bytes()].concat();
        let mail = rig.pass(&sample.recipients, &bytes);
        assert_arrived(&with_prefix(&sample, &bytes), mail.as_sent());
    }
}

/// A sample that begins with other fields: `bytes` is those and the sample.
fn with_prefix(sample: &Sample, bytes: &[u8]) -> Sample {
    let prefix = &bytes[..bytes.len() - sample.bytes().len()];
    let mut sample = sample.clone();
    sample.segments.insert(0, Segment::Fixed(prefix.to_vec()));
    sample
}

/// Sends content without dots at line starts, and its end.
fn finish(client: &mut super::Client, content: &[u8]) {
    assert!(!content.windows(3).any(|three| three == b"\r\n."));
    client.raw(content).expect("the content is sent");
    client.raw(b".\r\n").expect("the end is sent");
    let reply = client.reply().expect("a reply");
    assert_eq!(reply.code, 250, "{}", reply.text);
}
