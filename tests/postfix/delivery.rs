//! Varied mail over a Unix socket, over TCP and without a milter.

use super::{
    Client, Delivered, FIELD, Listener, PrivatePostfix, Sample, Settings, Sink, Transport,
    Untrackd, changed_as_expected, common::mail::corpus, difference,
};
use serde_json::Value;
use std::{collections::HashMap, thread};

/// Five mails of each of 49 shapes; 21 shapes have trackers.
const ROUNDS: usize = 5;

#[test]
fn every_mail_arrives_equal_but_for_its_trackers() {
    let samples = corpus(2025, ROUNDS);
    let tracked = samples.iter().filter(|s| s.is_tracked()).count();
    assert_eq!((samples.len(), tracked), (245, 105));

    let sink = Sink::start();
    let unix = Untrackd::start(Transport::Unix, &Settings::default());
    let tcp = Untrackd::start(Transport::Tcp, &Settings::default());
    let postfix = PrivatePostfix::start(
        &sink,
        &[
            Listener::plain(),
            Listener::milter(unix.socket(), "tempfail"),
            Listener::milter(tcp.socket(), "tempfail"),
        ],
    );

    // The envelope sender says which way a mail came, so that the mail itself
    // is the same on each.
    let ways = ["plain", "unix", "tcp"];
    thread::scope(|scope| {
        for (listener, way) in ways.iter().enumerate() {
            let port = postfix.port(listener);
            let samples = &samples;
            scope.spawn(move || send_all(port, &sender(way), samples));
        }
    });
    let mails = sink.wait_for(ways.len() * samples.len());
    assert_eq!(mails.len(), ways.len() * samples.len(), "none comes twice");
    let mut arrived: HashMap<(&str, &str), &Delivered> = HashMap::new();
    for mail in &mails {
        for recipient in &mail.recipients {
            arrived.insert((&mail.sender, recipient), mail);
        }
    }
    let find = |way: &str, sample: &Sample| -> &Delivered {
        arrived
            .get(&(sender(way).as_str(), sample.recipients[0].as_str()))
            .unwrap_or_else(|| panic!("{} did not come over {way}", sample.name))
    };

    let mut wrong = Vec::new();
    for sample in &samples {
        let plain = find("plain", sample);
        // Were Postfix itself to change mail, the comparison would be blind.
        assert!(
            plain.as_sent() == sample.bytes(),
            "{} without a milter: {}",
            sample.name,
            difference("Postfix", &sample.bytes(), plain.as_sent())
        );
        for way in ["unix", "tcp"] {
            let mail = find(way, sample);
            assert_eq!(
                sorted(&mail.recipients),
                sorted(&sample.recipients),
                "{}",
                sample.name
            );
            let result = if sample.is_tracked() {
                changed_as_expected(sample, mail.as_sent())
            } else if mail.as_sent() == plain.as_sent() {
                Ok(())
            } else {
                Err(difference(
                    "it was to be left alone",
                    plain.as_sent(),
                    mail.as_sent(),
                ))
            };
            if let Err(why) = result {
                wrong.push(format!("{} over {way}: {why}", sample.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} mails:\n{}",
        wrong.len(),
        2 * samples.len(),
        wrong.join("\n")
    );

    for (way, untrackd) in [("unix", &unix), ("tcp", &tcp)] {
        let ids: Vec<String> = samples
            .iter()
            .filter(|sample| sample.is_tracked() || sample.skip().is_some())
            .map(|sample| find(way, sample).queue_id())
            .collect();
        let log = untrackd.block_log(&ids);
        for sample in &samples {
            let row = log.get(&find(way, sample).queue_id());
            if let Err(why) = logged_as_expected(sample, row) {
                panic!("{} over {way}: {why}: {row:?}", sample.name);
            }
        }
    }
    assert!(!postfix.log().contains("warning: milter"));
}

#[test]
fn a_mail_to_many_is_delivered_once_with_all_its_recipients() {
    let rig = super::Rig::start(&Settings::default(), "tempfail");
    let samples = corpus(7, 1);
    let sample = samples
        .iter()
        .find(|sample| sample.recipients.len() > 1)
        .expect("a mail to many");
    let mail = rig.pass(sample);
    assert_eq!(sorted(&mail.recipients), sorted(&sample.recipients));
    super::assert_changed(sample, mail.as_sent());
    assert_eq!(rig.sink.count(), 1);
}

#[test]
fn the_header_field_can_be_had_always_or_never() {
    let always = Settings {
        top: "header = \"always\"".to_owned(),
        ..Settings::default()
    };
    let rig = super::Rig::start(&always, "tempfail");
    let untouched = super::common::mail::untouched_sample(1);
    let mail = rig.pass(&untouched);
    assert_eq!(super::our_fields(mail.as_sent()).len(), 1, "{FIELD}");
    assert!(super::is_unmodified(&untouched, mail.as_sent()));

    rig.untrackd.reconfigure(&Settings {
        top: "header = \"never\"".to_owned(),
        ..Settings::default()
    });
    rig.untrackd.hang_up();
    let tracked = super::common::mail::tracked_sample(1);
    let without = super::common::wait_until(std::time::Duration::from_secs(60), || {
        let mail = rig.pass(&tracked);
        super::our_fields(mail.as_sent()).is_empty()
            && !super::is_unmodified(&tracked, mail.as_sent())
    });
    assert!(without, "after the reload no {FIELD} field is added");
}

fn sender(way: &str) -> String {
    format!("{way}@sender.example.com")
}

/// Checks what the block log says about a mail.
fn logged_as_expected(sample: &Sample, row: Option<&Value>) -> Result<(), String> {
    let (blank, unwrapped) = sample.edits();
    let Some(row) = row else {
        let quiet = blank + unwrapped == 0 && sample.skip().is_none();
        return quiet.then_some(()).ok_or_else(|| "no row".to_owned());
    };
    let expected = if blank + unwrapped > 0 {
        "changed"
    } else if sample.skip().is_some() {
        "skipped"
    } else {
        "clean"
    };
    if row["disposition"] != expected {
        return Err(format!("not {expected}"));
    }
    for (name, count) in [
        ("neutralized", blank),
        ("removed", 0),
        ("unwrapped", unwrapped),
        ("recipient_count", sample.recipients.len()),
    ] {
        if row[name] != count {
            return Err(format!("{name} is not {count}"));
        }
    }
    match sample.skip() {
        Some(skip) if row["skips"][skip].as_u64() < Some(1) => Err(format!("no skip {skip}")),
        _ => Ok(()),
    }
}

/// Postfix delivers to recipients in an order of its own.
fn sorted(recipients: &[String]) -> Vec<&String> {
    let mut recipients: Vec<&String> = recipients.iter().collect();
    recipients.sort();
    recipients
}

/// Sends the mails in order, some 20 on each connection.
fn send_all(port: u16, sender: &str, samples: &[Sample]) {
    for batch in samples.chunks(20) {
        let mut client = Client::connect(port);
        for sample in batch {
            let reply = client
                .send(sender, &sample.recipients, &sample.bytes())
                .expect("the connection lasts");
            assert_eq!(reply.code, 250, "{}: {}", sample.name, reply.text);
        }
        client.command("QUIT").expect("QUIT");
    }
}
