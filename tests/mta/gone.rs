//! Sendmail without its milter. (For Postfix see tests/postfix/failures.rs.)

use super::{
    Client, Sample, Settings, Sink, Untrackd, assert_arrived,
    common::{
        mail::tracked_sample,
        sendmail::{Filter, PrivateSendmail, Sockets},
    },
    rig::unique_sender,
};

#[test]
fn sendmail_does_without_its_milter_as_told_and_recovers() {
    let sink = Sink::start();
    let sockets = Sockets::new();
    let mut untrackd = Untrackd::start_on(sockets.socket("milter.sock"), &Settings::default());
    let socket = untrackd.socket().to_owned();
    let filter = |name, flags| Filter {
        name,
        socket: &socket,
        flags,
    };
    let sendmail = PrivateSendmail::start(
        &sink,
        &[filter("strict", "T"), filter("lenient", "")],
        &[&["strict"], &["lenient"]],
    );
    let send = |listener: usize, sample: &Sample| {
        let sender = unique_sender();
        let reply = Client::connect(sendmail.port(listener))
            .send(&sender, &sample.recipients, &sample.bytes())
            .expect("the connection lasts");
        (sender, reply.code)
    };
    let sample = tracked_sample(1);
    let arrives_changed = |listener| {
        let (sender, code) = send(listener, &sample);
        assert_eq!(code, 250);
        let mail = sink.wait_for_mail(&sender, &sample.recipients[0]);
        assert_arrived(&sample, mail.as_sent());
    };
    arrives_changed(0);
    arrives_changed(1);

    untrackd.kill();
    // Sendmail has to notice: it refuses at once, as early as at the greeting.
    let refused = Client::try_connect(sendmail.port(0)).and_then(|mut client| {
        client.send(
            "early@sender.example.com",
            &sample.recipients,
            &sample.bytes(),
        )
    });
    match refused {
        Ok(reply) => assert_eq!(reply.code / 100, 4, "F=T: {}", reply.text),
        Err(error) => assert!(error.to_string().starts_with('4'), "F=T: {error}"),
    }
    let (sender, code) = send(1, &sample);
    assert_eq!(code, 250, "F= takes it");
    let mail = sink.wait_for_mail(&sender, &sample.recipients[0]);
    assert!(mail.as_sent() == sample.bytes(), "and passes it as it came");

    untrackd.restart();
    arrives_changed(0);
    arrives_changed(1);
    assert_eq!(sink.count(), 5, "what was refused is not delivered");
}
