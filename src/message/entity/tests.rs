use super::*;

fn entity(fields: &[(&str, &str)]) -> Entity {
    let fields = fields.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes()));
    Entity::read(fields, "text/plain")
}

fn with_type(value: &str) -> Entity {
    entity(&[("Content-Type", value)])
}

#[test]
fn without_fields_it_is_plain_text() {
    let e = entity(&[]);
    assert_eq!(e.media_type, "text/plain");
    assert_eq!(
        (e.charset, e.transfer, e.skip),
        (None, Transfer::Identity, None)
    );
    assert_eq!(with_type("nonsense").media_type, "text/plain");
    let nothing = Entity::read([].into_iter(), "message/rfc822");
    assert_eq!(nothing.media_type, "message/rfc822");
}

#[test]
fn the_fields_of_a_leaf_are_read() {
    let e = entity(&[
        ("content-type", "Text/HTML; Charset=\"UTF-8\""),
        ("Content-Transfer-Encoding", " Quoted-Printable"),
        ("Content-Disposition", "ATTACHMENT; filename=x"),
    ]);
    assert_eq!(e.media_type, "text/html");
    assert_eq!(e.charset.as_deref(), Some("UTF-8"));
    assert_eq!(e.transfer, Transfer::QuotedPrintable);
    assert!(e.is_attachment && e.ambiguities.is_empty());
}

#[test]
fn file_names_and_flowed_text_are_known() {
    for (field, value) in [
        ("Content-Disposition", "inline; filename=a.txt"),
        (
            "Content-Disposition",
            "attachment; filename*0=a; filename*1=.txt",
        ),
        ("Content-Disposition", "attachment; filename*=utf-8''a.txt"),
        ("Content-Type", "text/plain; name=\"a.txt\""),
    ] {
        assert!(entity(&[(field, value)]).has_file_name, "{value}");
    }
    assert!(!entity(&[("Content-Disposition", "attachment; size=3")]).has_file_name);
    for (value, delsp) in [
        ("text/plain; format=flowed; delsp=yes", true),
        ("text/plain; DelSp=YES; Format=Flowed", true),
        ("text/plain; format=flowed", false),
        ("text/plain; format=flowed; delsp=no", false),
        ("text/plain; delsp=yes", false),
    ] {
        assert_eq!(with_type(value).delsp, delsp, "{value}");
    }
}

#[test]
fn a_boundary_that_can_be_read_in_two_ways_is_refused() {
    for value in [
        "multipart/mixed; boundary=a; boundary=b",
        "multipart/mixed; boundary=\"\"",
        "multipart/mixed",
        "multipart/mixed; boundary==?us-ascii?Q?a?=",
        "multipart/mixed; boundary=a b",
    ] {
        let e = with_type(value);
        assert_eq!(e.ambiguities, [Ambiguity::Boundary], "{value:?}");
        assert_eq!(e.skip, Some(Skip::Ambiguous), "{value:?}");
    }
    let long = with_type(&format!("multipart/mixed; boundary={}", "a".repeat(71)));
    assert_eq!(
        (long.ambiguities.as_slice(), long.skip),
        (&[Ambiguity::Boundary][..], None)
    );
    let huge = with_type(&format!("multipart/mixed; boundary={}", "a".repeat(1025)));
    assert_eq!((huge.boundary, huge.skip), (None, Some(Skip::Ambiguous)));
}

#[test]
fn two_types_that_are_both_text_are_one_html_part() {
    let e = entity(&[
        ("Content-Type", "text/plain"),
        ("Content-Type", "text/html"),
    ]);
    assert_eq!(e.media_type, "text/html");
    assert_eq!(
        (e.ambiguities.as_slice(), e.skip),
        (&[Ambiguity::DuplicateField][..], None)
    );
}

#[test]
fn two_types_of_different_kinds_are_refused() {
    for (a, b) in [
        ("text/html", "multipart/mixed; boundary=a"),
        ("multipart/mixed; boundary=a", "multipart/mixed; boundary=b"),
        ("text/html", "text/html; charset=utf-16"),
        ("text/html", "application/octet-stream"),
    ] {
        let e = entity(&[("Content-Type", a), ("Content-Type", b)]);
        assert_eq!(e.ambiguities, [Ambiguity::DuplicateField], "{a} {b}");
        assert_eq!(e.skip, Some(Skip::Ambiguous), "{a} {b}");
    }
}

#[test]
fn equal_duplicates_are_no_ambiguity() {
    let e = entity(&[
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Type", "TEXT/HTML; charset=\"UTF-8\""),
        ("Content-Transfer-Encoding", "7bit"),
        ("Content-Transfer-Encoding", "8bit"),
    ]);
    assert_eq!((e.ambiguities.len(), e.skip), (0, None));
}

#[test]
fn two_transfer_encodings_that_differ_are_refused() {
    let e = entity(&[
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Transfer-Encoding", "7bit"),
    ]);
    assert_eq!(e.skip, Some(Skip::Ambiguous));
}

#[test]
fn a_multiparts_transfer_encoding_is_noted_and_not_used() {
    let e = entity(&[
        ("Content-Type", "multipart/mixed; boundary=a"),
        ("Content-Transfer-Encoding", "base64"),
    ]);
    assert_eq!(e.transfer, Transfer::Identity);
    assert_eq!(
        (e.ambiguities.as_slice(), e.skip),
        (&[Ambiguity::MultipartEncoding][..], None)
    );
}

#[test]
fn signed_and_encrypted_types_are_left_alone() {
    for (value, skip) in [
        ("multipart/signed; boundary=a", Skip::Signed),
        ("multipart/encrypted; boundary=a", Skip::Encrypted),
        ("application/pkcs7-mime", Skip::Encrypted),
        (
            "application/x-pkcs7-mime; smime-type=signed-data",
            Skip::Signed,
        ),
    ] {
        assert_eq!(with_type(value).skip, Some(skip), "{value:?}");
    }
}

#[test]
fn unknown_transfer_encodings_are_unknown() {
    let of = |v| entity(&[("Content-Transfer-Encoding", v)]).transfer;
    assert_eq!(of("x-made-up"), Transfer::Unknown);
    assert_eq!(of("X-UUencode"), Transfer::Uuencode);
    assert_eq!(of("8bit+"), Transfer::Identity);
    assert_eq!(of("\"base64\" (really)"), Transfer::Base64);
}

#[test]
fn what_only_full_parsers_understand_is_noted() {
    for (name, value, skip) in [
        ("Content-Type", "text/html (a)", None),
        ("Content-Type", "\"text/html\"", None),
        ("Content-Type", ": text/html", None),
        ("Content-Type", "multi\\part/mixed; boundary=a", None),
        ("Content-Type", "te\\xt/ht\\ml", None),
        ("Content-Type", "=?us-ascii?q?multi?=part/mixed", None),
        ("Content-Type", "text/=?utf-8?B?aHRtbA==?=", None),
        (
            "Content-Type",
            "text/html; (charset=utf-16) charset=utf-8",
            Some(Skip::Ambiguous),
        ),
        (
            "Content-Type",
            "text/html\n content-transfer-encoding: base64",
            Some(Skip::Ambiguous),
        ),
        ("Content-Transfer-Encoding", "quoted-printable;", None),
        ("Content-Transfer-Encoding", "(a) base64", None),
        ("Subject", "a\r\n \t\r\n <img src=//h.example/1>", None),
        ("Subject", "a\n ", None),
    ] {
        let e = entity(&[(name, value)]);
        assert_eq!(e.ambiguities, [Ambiguity::HeaderSyntax], "{value:?}");
        assert_eq!(e.skip, skip, "{value:?}");
    }
    for value in [
        "text",
        "plain",
        "text; name=\"=?utf-8?q?a?=\"",
        "text/html;\n charset=\"x\"",
    ] {
        assert!(with_type(value).ambiguities.is_empty(), "{value:?}");
    }
}

#[test]
fn the_name_of_a_page_is_known() {
    for (field, value, expected) in [
        ("Content-Type", "text/plain; name=a.HTML", true),
        (
            "Content-Disposition",
            "attachment; filename=\"a.htm. \"",
            true,
        ),
        (
            "Content-Disposition",
            "attachment; filename*=utf-8''a%2Esvg",
            true,
        ),
        ("Content-Type", "text/plain; name=a.html.txt", false),
        ("Content-Disposition", "attachment; filename=html", false),
    ] {
        assert_eq!(entity(&[(field, value)]).is_named_page, expected, "{value}");
    }
}

#[test]
fn nul_and_bare_cr_in_the_values_are_refused() {
    assert_eq!(with_type("text/html\0").skip, Some(Skip::Ambiguous));
    assert_eq!(with_type("text/html;\rx=y").skip, Some(Skip::Ambiguous));
    assert_eq!(with_type("text/html;\r\n charset=x").skip, None);
}
