//! A DKIM verifier before untrackd, and a signer after it.

use super::{
    Mta, Rig, Transport, assert_arrived,
    cases::as_passed_on,
    common::mail::{Sample, corpus},
    opendkim::{Keys, OpenDkim, Task},
    without_our_field,
};

/// The verifier sees the mail as it came. Behind us, a signature is as right
/// as before if nothing was changed; else its body hash is wrong, and nothing
/// but that: with the body as it was sent it is right.
fn verifying_before(mta: Mta) {
    let keys = Keys::new();
    let opendkim = OpenDkim::start(Task::Verify, &keys);
    let rig = Rig::start_with(mta, Transport::Unix, &[opendkim.socket()], &[]);
    let samples = corpus(77, 1);
    let sent: Vec<Vec<u8>> = samples.iter().map(Sample::bytes).collect();
    let sent = keys.sign(&sent);
    let arrived: Vec<Vec<u8>> = samples
        .iter()
        .zip(&sent)
        .map(|(sample, mail)| {
            let mail = rig.pass(&sample.recipients, mail);
            let results = field(&mail.data, "Authentication-Results");
            assert!(
                results.contains("dkim=pass"),
                "{}: the verifier says {results:?}",
                sample.name
            );
            mail.data
        })
        .collect();
    let headers_with_sent_bodies: Vec<Vec<u8>> = sent
        .iter()
        .zip(&arrived)
        .map(|(sent, arrived)| {
            let mut mail = arrived[..body_start(arrived)].to_vec();
            mail.extend_from_slice(&sent[body_start(sent).min(sent.len())..]);
            mail
        })
        .collect();
    let whole = keys.verify(&arrived);
    let headers = keys.verify(&headers_with_sent_bodies);
    for (i, sample) in samples.iter().enumerate() {
        let name = &sample.name;
        assert_eq!(headers[i], Ok(()), "{name}: the header is signed as it is");
        match &whole[i] {
            Ok(()) => assert!(!sample.is_tracked(), "{name} was to be changed"),
            Err(why) => {
                assert!(sample.is_tracked(), "{name}: {why}");
                assert!(why.contains("body hash"), "{name}: {why}");
            }
        }
    }
}

/// What leaves is signed as it leaves.
fn signing_after(mta: Mta) {
    let keys = Keys::new();
    let opendkim = OpenDkim::start(Task::Sign, &keys);
    let rig = Rig::start_with(mta, Transport::Unix, &[], &[opendkim.socket()]);
    let samples = corpus(78, 1);
    let mut arrived = Vec::new();
    for sample in &samples {
        let mail = rig.pass_sample(sample);
        let (start, end) = field_range(&mail.data, "DKIM-Signature")
            .unwrap_or_else(|| panic!("{}: it is not signed", sample.name));
        let unsigned = [&mail.data[..start], &mail.data[end..]].concat();
        let unsigned = super::Delivered {
            data: unsigned,
            ..mail.clone()
        };
        assert_arrived(&as_passed_on(mta, sample), unsigned.as_sent());
        let (fields, _) = without_our_field(&mail.data);
        assert_eq!(
            fields.len(),
            usize::from(sample.is_tracked()),
            "{}",
            sample.name
        );
        arrived.push(mail.data);
    }
    for (sample, verdict) in samples.iter().zip(keys.verify(&arrived)) {
        assert_eq!(verdict, Ok(()), "{}", sample.name);
    }
}

#[test]
fn verified_before_us_by_opendkim_in_postfix() {
    verifying_before(Mta::Postfix);
}

#[test]
fn verified_before_us_by_opendkim_in_sendmail() {
    verifying_before(Mta::Sendmail);
}

#[test]
fn signed_after_us_by_opendkim_in_postfix() {
    signing_after(Mta::Postfix);
}

#[test]
fn signed_after_us_by_opendkim_in_sendmail() {
    signing_after(Mta::Sendmail);
}

/// Were the judge to find everything right, the tests above would be blind.
#[test]
fn the_judge_of_signatures_notices_a_change_of_header_or_body() {
    let keys = Keys::new();
    let sample = &corpus(79, 1)[0];
    let good = keys.sign(&[sample.bytes()]).remove(0);
    let subject = memchr::memmem::find(&good, b"Subject: ").expect("a subject");
    let mut other_header = good.clone();
    other_header[subject + 9] ^= 0x20;
    let mut other_body = good.clone();
    let at = other_body.len() - 5;
    other_body[at] ^= 0x20;
    let mut other_key = keys.verify(&[good.clone(), other_header, other_body]);
    other_key.extend(Keys::new().verify(&[good]));
    assert_eq!(other_key[0], Ok(()));
    assert!(
        !other_key[1]
            .as_ref()
            .is_err_and(|why| why.contains("body hash"))
    );
    assert!(other_key[1].is_err());
    assert!(
        other_key[2]
            .as_ref()
            .is_err_and(|why| why.contains("body hash"))
    );
    assert!(other_key[3].is_err());
}

/// A field's value, or nothing.
fn field(mail: &[u8], name: &str) -> String {
    field_range(mail, name).map_or_else(String::new, |(start, end)| {
        String::from_utf8_lossy(&mail[start..end]).into_owned()
    })
}

/// Where the first field of this name is, with its line end.
fn field_range(mail: &[u8], name: &str) -> Option<(usize, usize)> {
    let name = format!("{name}:").to_ascii_lowercase();
    let mut at = 0;
    let mut found = None;
    for line in mail[..body_start(mail)].split_inclusive(|&b| b == b'\n') {
        let is_folded = line.starts_with(b" ") || line.starts_with(b"\t");
        if let Some(start) = found
            && !is_folded
        {
            return Some((start, at));
        }
        if line.to_ascii_lowercase().starts_with(name.as_bytes()) {
            found = Some(at);
        }
        at += line.len();
    }
    found.map(|start| (start, at))
}

/// Where the body begins; the end, if there is none.
fn body_start(mail: &[u8]) -> usize {
    memchr::memmem::find(mail, b"\r\n\r\n").map_or(mail.len(), |at| at + 4)
}
