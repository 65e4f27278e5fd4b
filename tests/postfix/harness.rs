//! The measuring instruments, measured: what the other tests rely on.

use super::{
    Client, Listener, PrivatePostfix, Sample, Sink, changed_as_expected,
    common::mail::{Becomes, Segment, corpus, encode::Encoding},
    difference, our_fields,
};

/// What the milter would make of a sample, by the tests' own means.
fn cleaned(sample: &Sample) -> Vec<u8> {
    let mut out = Vec::new();
    for segment in &sample.segments {
        match segment {
            Segment::Fixed(bytes) => out.extend_from_slice(bytes),
            Segment::Part(part) => {
                let mut content = part.content.clone();
                for edit in part.edits.iter().rev() {
                    let text = match &edit.becomes {
                        Becomes::Blank => "data:image/gif;base64,R0lGODlhAQABAAAAACw=".to_owned(),
                        Becomes::Url(url) => url.replace('&', "&amp;"),
                    };
                    content.splice(edit.span.clone(), part.charset.encode(&text));
                }
                out.extend(part.encoding.encode(&content));
            }
        }
    }
    let mut mail = b"X-Untrackd: removed=1\r\n".to_vec();
    mail.extend(out);
    mail
}

/// A quoted-printable line behind the first edit moves when a naive encoder
/// writes the whole part anew, so such samples are left out here.
fn comparable(sample: &Sample) -> bool {
    sample.is_tracked()
        && sample.segments.iter().all(|segment| match segment {
            Segment::Fixed(_) => true,
            Segment::Part(part) => part.encoding != Encoding::QuotedPrintable,
        })
}

#[test]
fn the_comparison_accepts_the_edits_and_no_other_byte() {
    let samples = corpus(1, 1);
    let samples: Vec<&Sample> = samples.iter().filter(|s| comparable(s)).collect();
    assert!(samples.len() >= 8, "only {} samples", samples.len());
    for sample in samples {
        let good = cleaned(sample);
        assert_eq!(
            changed_as_expected(sample, &good),
            Ok(()),
            "{}",
            sample.name
        );
        assert!(changed_as_expected(sample, &sample.bytes()).is_err());
        // One byte more, less or other, anywhere.
        for step in 0..16 {
            let at = (good.len() - 1) * step / 15;
            let mut bad = good.clone();
            match step % 3 {
                0 => bad.insert(at, b'Q'),
                1 => drop(bad.remove(at)),
                _ => bad[at] ^= 1,
            }
            // A data URL may differ, and so may white space in base64.
            let may_differ = good[at].is_ascii_whitespace()
                || good[at.saturating_sub(70)..at]
                    .windows(7)
                    .any(|w| w == b"base64,");
            if !may_differ {
                assert!(
                    changed_as_expected(sample, &bad).is_err(),
                    "{}: a change at byte {at} is not noticed: {}",
                    sample.name,
                    difference("there", &good, &bad)
                );
            }
        }
        let mut longer = good.clone();
        longer.extend(b"\r\n");
        assert!(changed_as_expected(sample, &longer).is_err());
        let mut twice = b"X-Untrackd: again\r\n".to_vec();
        twice.extend(&good);
        assert!(changed_as_expected(sample, &twice).is_err());
    }
}

#[test]
fn our_field_is_found_in_the_header_block_only() {
    let mail = b"A: b\r\nx-untrackd: one\r\n two\r\nC: d\r\n\r\nX-Untrackd: body\r\n";
    assert_eq!(our_fields(mail), ["one"]);
    let (_, rest) = super::without_our_field(mail);
    assert_eq!(rest, b"A: b\r\nC: d\r\n\r\nX-Untrackd: body\r\n");
}

#[test]
fn postfix_alone_changes_nothing_but_its_received_field() {
    let sink = Sink::start();
    let postfix = PrivatePostfix::start(&sink, &[Listener::plain()]);
    let samples = corpus(3, 1);
    let mut client = Client::connect(postfix.port(0));
    for sample in &samples {
        let reply = client
            .send("me@sender.example.com", &sample.recipients, &sample.bytes())
            .expect("the connection lasts");
        assert_eq!(reply.code, 250, "{}: {}", sample.name, reply.text);
    }
    sink.wait_for(samples.len());
    for sample in &samples {
        let mail = sink.wait_for_mail("me@sender.example.com", &sample.recipients[0]);
        super::assert_untouched(sample, mail.as_sent());
        let id = mail.queue_id();
        // postlogd(8) writes behind the mail's back.
        assert!(super::common::wait_until(
            std::time::Duration::from_secs(60),
            || postfix.log().contains(&id)
        ));
    }
}
