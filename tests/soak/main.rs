//! Mail in bulk through the program, counted message by message.
//!
//! `short_form` runs with all other tests, on mail that the project makes.
//! The long forms need mail that is no part of the project: `make soak
//! MAIL=DIR`, see docs/testing.md.

#[path = "../common/mod.rs"]
mod common;

mod bare;
mod figures;
mod filter;
mod load;
mod log;
mod mail;
mod options;
mod postfix;
mod slow;
mod watch;

use common::mail::fields::Mail;
use options::Options;
use std::path::Path;

/// Some messages of every shape that the tests know, over and over.
#[test]
fn short_form() {
    let mut mails: Vec<Mail> = common::mail::corpus(5, 1)
        .iter()
        .map(|sample| Mail::parse(sample.name.clone(), &sample.bytes()))
        .collect();
    let ambiguous = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/ambiguous");
    mails.extend(mail::mails(&ambiguous));
    let options = Options {
        messages: 2_000,
        connections: 8,
        ..Options::short()
    };
    bare::run(&options, &mails);
}

/// As many messages as `MESSAGES` says, from the files below `MAIL`.
#[test]
#[ignore = "the long form: make soak MAIL=DIR"]
fn long_form_load() {
    let options = Options::from_environment();
    let mails = mail::mails(&options.mail);
    assert!(
        !mails.is_empty(),
        "no mail below {}",
        options.mail.display()
    );
    if options.through_postfix {
        postfix::run(&options, &mails);
    } else {
        bare::run(&options, &mails);
    }
}

/// Every file below `MAIL` through `untrackd filter`.
#[test]
#[ignore = "the long form: make soak MAIL=DIR"]
fn long_form_filter() {
    filter::run(&Options::from_environment());
}
