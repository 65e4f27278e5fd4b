//! Mail that policy lets pass as it came.

use super::{
    Rig, Settings, assert_changed, assert_untouched,
    common::mail::{Sample, tracked_sample},
    unique_sender,
};

#[test]
fn mail_of_senders_who_log_in_passes_as_it_came() {
    let rig = Rig::start(&Settings::default(), "tempfail");
    let sample = tracked_sample(1);
    let mut client = rig.connect();
    client.claim("LOGIN=alice");
    let sender = unique_sender();
    client.deliver(&sender, &sample.recipients[0], &sample.bytes());
    let mail = rig.sink.wait_for_mail(&sender, &sample.recipients[0]);
    assert_untouched(&sample, mail.as_sent());

    let mail = rig.pass(&sample);
    assert_changed(&sample, mail.as_sent());
}

#[test]
fn mail_of_senders_who_log_in_is_cleaned_if_so_configured() {
    let rig = Rig::start(
        &Settings {
            exempt: "authenticated = false".to_owned(),
            ..Settings::default()
        },
        "tempfail",
    );
    let sample = tracked_sample(2);
    let mut client = rig.connect();
    client.claim("LOGIN=alice");
    let sender = unique_sender();
    client.deliver(&sender, &sample.recipients[0], &sample.bytes());
    let mail = rig.sink.wait_for_mail(&sender, &sample.recipients[0]);
    assert_changed(&sample, mail.as_sent());
}

#[test]
fn mail_from_an_exempt_network_passes_as_it_came() {
    let rig = Rig::start(
        &Settings {
            exempt: "networks = [\"192.0.2.0/24\", \"2001:db8:1::/48\"]".to_owned(),
            ..Settings::default()
        },
        "tempfail",
    );
    let sample = tracked_sample(3);
    for (address, exempt) in [
        ("192.0.2.77", true),
        ("IPV6:2001:db8:1::7", true),
        ("192.0.3.77", false),
        ("IPV6:2001:db8:2::7", false),
    ] {
        let mut client = rig.connect();
        client.claim(&format!("NAME=[UNAVAILABLE] ADDR={address}"));
        let sender = unique_sender();
        client.deliver(&sender, &sample.recipients[0], &sample.bytes());
        let mail = rig.sink.wait_for_mail(&sender, &sample.recipients[0]);
        if exempt {
            assert_untouched(&sample, mail.as_sent());
        } else {
            assert_changed(&sample, mail.as_sent());
        }
    }
}

#[test]
fn mail_to_an_exempt_recipient_passes_as_it_came() {
    let rig = Rig::start(
        &Settings {
            exempt: "recipients = [\"abuse@\", \"eve@example.net\", \"@lab.example.net\"]"
                .to_owned(),
            ..Settings::default()
        },
        "tempfail",
    );
    for (recipients, exempt) in [
        (&["abuse@example.net"][..], true),
        (&["Abuse@other.example.net"], true),
        (&["EVE@Example.NET"], true),
        (&["anyone@lab.example.net"], true),
        (&["ann@example.net", "eve@example.net"], true),
        (&["eve@other.example.net"], false),
        (&["notabuse@example.net"], false),
    ] {
        let sample = Sample {
            recipients: recipients.iter().map(|&to| to.to_owned()).collect(),
            ..tracked_sample(4)
        };
        let mail = rig.pass(&sample);
        if exempt {
            assert_untouched(&sample, mail.as_sent());
        } else {
            assert_changed(&sample, mail.as_sent());
        }
    }
}

#[test]
fn mail_above_the_size_limit_passes_as_it_came() {
    let rig = Rig::start(
        &Settings {
            limits: "message_bytes = 100000".to_owned(),
            ..Settings::default()
        },
        "tempfail",
    );
    let small = tracked_sample(5);
    let mail = rig.pass(&small);
    assert_changed(&small, mail.as_sent());

    let mut large = small.clone();
    large.segments.push(super::common::mail::Segment::Fixed(
        b"<p>and so on and on</p>\r\n".repeat(8000),
    ));
    let mail = rig.pass(&large);
    assert_untouched(&large, mail.as_sent());
}
