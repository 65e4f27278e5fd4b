//! The shipped rules, from outside: how many there are, what they find, and
//! what they must leave alone.

use untrackd::{
    limits::Limits,
    rules::{Category, Needs, RuleKind, RuleSet, Tells, Unwrapped},
    url::{Target, decode::STEPS},
};

fn rules() -> RuleSet {
    RuleSet::builtin().expect("the shipped rules load")
}

fn target(url: &str) -> Target {
    Target::parse(url).expect("a URL")
}

/// A tripwire: a file that the build no longer picks up, or a rule that
/// vanishes, shows here. Rules are permanent, so these numbers only grow.
#[test]
fn the_shipped_set_is_complete() {
    let rules = rules();
    let count = |kind| rules.iter().filter(|(_, k)| *k == kind).count();
    let vendors = |category| rules.vendors().filter(|v| v.category == category).count();
    assert_eq!(vendors(Category::Mail), 211);
    assert_eq!(vendors(Category::Sales), 59);
    assert_eq!(count(RuleKind::Pixel), 461);
    assert_eq!(count(RuleKind::Redirect), 25);
    assert_eq!(count(RuleKind::Opaque), 36);
    assert_eq!(count(RuleKind::Parameter), 136);
}

/// Addresses of pictures that people see, in the shapes that come closest to
/// an open pixel, and ordinary links.
const HARMLESS: &[&str] = &[
    "https://www.example.org/",
    "https://www.example.org/?id=12345&utm_source=a",
    "https://cdn.example.org/img/logo.png",
    "https://cdn.example.org/img/spacer.gif",
    "https://cdn.example.org/e/o/summer/banner.jpg",
    "https://cdn.example.org/o/0123456789abcdef0123456789abcdef.png",
    "https://cdn.example.org/o/eJwl.png",
    "https://cdn.example.org/q/a~~/b~/c.png",
    "https://cdn.example.org/t/abcdefghijklmnopqrstuvwxyz/photo.jpg",
    "https://i1.cmail20.com/ei/t/A1/B2C/3D4/csimport/header_0.png",
    "https://mcusercontent.com/0123456789abcdef012345678/images/01234567-89ab-cdef-0123-456789abcdef.png",
    "https://gallery.mailchimp.com/0123456789abcdef012345678/images/a.png",
    "https://files.constantcontact.com/abcdef0123/0123-4567.png",
    "https://userimg.customeriomail.com/images/client-env-1/logo.png",
    "https://images.apsis.one/01234567-89ab-cdef-0123-456789abcdef.png",
    "https://substackcdn.com/image/fetch/w_1456/https%3A%2F%2Fa.example%2Fb.png",
    "https://image.soundestlink.com/image/newsletter/0123456789abcdef01234567",
    "https://www.example.org/open.aspx?page=shop",
    "https://www.example.org/open.php?id=3",
    "https://www.example.org/open.html",
    "https://www.example.org/track/open-day.jpg",
    "https://www.example.org/click/here",
    "https://www.example.org/c/contact",
    "https://www.example.org/l/london",
    "https://www.example.org/r/?id=7",
    "https://www.example.org/redirect/2/",
    "https://www.example.org/go?url=https%3A%2F%2Fa.example%2F",
    "https://www.example.org/share?u=https%3A%2F%2Fa.example%2F",
    "https://login.example.org/?continue=https%3A%2F%2Fa.example%2F",
    "https://web.archive.org/web/2020/https://a.example/",
    "https://www.example.org/newsletter/header.png",
    "https://www.example.org/email/track.png",
    "https://www.example.org/public/o/logo.gif",
    "https://www.example.org/open/012/picture.png",
    "https://www.example.org/pixel?c=red",
    "https://cdn.example.org/image/2024/a/image.gif",
    "https://cdn.example.org/r/2024/12/opening/1.jpg",
    "https://www.starbucks.com/a/menu/coffee.png",
    "https://www.dropbox.com/s/0123456789abcdef/photo.jpg",
    "https://img.en25.com/EloquaImages/clients/Example/logo.png",
    "https://example.slgnt.eu/images/SMC/header.png",
    "https://img.sendibm1.com/im/0123/0123456789abcdef.png",
    "https://ci12.actonsoftware.com/acton/image/0123/logo.png",
];

#[test]
fn ordinary_addresses_are_left_alone() {
    let rules = rules().with_low_trust();
    for url in HARMLESS {
        let target = target(url);
        assert_eq!(rules.pixel(&target), None, "{url}");
        let unwrapped = rules.unwrap(&target, &Limits::default(), &|_| true);
        assert_eq!(unwrapped, Unwrapped::Plain, "{url}");
    }
}

/// Unsubscribe links of services whose click redirects are known.
const UNSUBSCRIBE: &[&str] = &[
    "https://u1.ct.example.org/wf/unsubscribe?upn=u001.0123456789abcdef0123456789abcdef0123456789abcdef",
    "https://email.example.org/u/eJwFwEEOgCAMBMAXcfOyGWDBEmNbQ4n_Z5rUDPqBOnDVEaFNpb6F8eYMPGMI-H0",
    "https://abc.r.example.org/mk/un/0123456789abcdef0123456789abcdef0123456789abcdef",
    "https://links.example.org/e/encryptedUnsubscribe?_r=0123456789abcdef0123456789abcdef&_s=0123456789abcdef0123456789abcdef&_t=a",
    "https://example.cmail20.com/t/t-u-vnihtk-jktruklihi-r/",
    "https://click.example.org/unsub_center.aspx?qs=0123456789abcdef0123456789abcdef0123456789abcdef",
    "https://example.us1.list-manage.com/unsubscribe?u=0123456789abcdef012345678&id=0123456789&e=0123456789",
    "https://tracking.example.org/tracking/unsubscribe?d=0123456789abcdef0123456789abcdef0123456789abcdef",
];

#[test]
fn unsubscribe_links_are_no_redirects() {
    let rules = rules();
    for url in UNSUBSCRIBE {
        let unwrapped = rules.unwrap(&target(url), &Limits::default(), &|_| true);
        assert_eq!(unwrapped, Unwrapped::Plain, "{url}");
    }
}

/// Endpoints from public lists, on hosts that serve pictures as well.
const HEARSAY: &[(&str, &str)] = &[
    (
        "https://p.liadm.com/imp?s=012345&e=0123456789",
        "liveintent-list-impression",
    ),
    (
        "https://www.dropbox.com/l/0123456789abcdef",
        "dropbox-com-open",
    ),
    (
        "https://news.eventim.de/op/01234/0123456789abcdef/01234.gif",
        "optimizely-campaign-open",
    ),
    (
        "https://t.sidekickopen01.com/0123456789abcdef",
        "hubspot-sales-list-open",
    ),
    (
        "https://email.circleci.com/o/0123456789abcdef0123456789abcdef",
        "mailgun-list-open",
    ),
    (
        "https://go.example.org/en/go1_read_tracker/0123456789abcdef",
        "unisender-list-open",
    ),
];

#[test]
fn an_endpoint_from_hearsay_needs_a_hidden_presentation() {
    let rules = rules();
    for (url, rule) in HEARSAY {
        let hit = rules.pixel(&target(url)).expect(url);
        assert_eq!((&*hit.rule.id, hit.needs), (*rule, Needs::Hidden), "{url}");
    }
}

/// Tokens that let somebody in or prove something, and names that many sites
/// have a use for. Dropping one would break a link.
const KEPT_PARAMETERS: &[&str] = &[
    "token",
    "access_token",
    "id_token",
    "code",
    "key",
    "apiKey",
    "sig",
    "signature",
    "hmac",
    "otp",
    "otpToken",
    "oobCode",
    "nonce",
    "state",
    "expires",
    "verify",
    "confirm",
    "McasCSRF",
    "preview_nonce",
    "_",
    "a",
    "id",
    "q",
    "u",
    "e",
    "mid",
    "eid",
    "cid",
    "aid",
    "ref",
    "ts",
    "cb",
    "trk",
    "elq",
    "si",
    "bu",
    "spm",
    "awc",
    "email",
    "user_email",
    "recipientid",
    "referrer",
    "campaign_id",
    "preview",
    "awinmid",
    "awinaffid",
    "url",
    "mc",
    "source",
    "utm",
    "redirect",
];

#[test]
fn ordinary_and_secret_parameters_stay() {
    let rules = rules();
    for url in [
        "https://www.example.org/",
        "https://www.awin1.com/cread.php",
    ] {
        for name in KEPT_PARAMETERS {
            assert_eq!(rules.parameter(&target(url), name), None, "{url} {name}");
        }
    }
    let linkedin = target("https://www.linkedin.com/comm/feed/");
    assert_eq!(rules.parameter(&linkedin, "otpToken"), None);
}

#[test]
fn a_parameter_tells_of_the_recipient_or_of_the_campaign() {
    let rules = rules();
    let shop = target("https://shop.example.org/");
    for (name, tells) in [
        ("utm_source", Tells::Campaign),
        ("utm_email", Tells::Recipient),
        ("sfmc_journey_id", Tells::Campaign),
        ("sfmc_sub", Tells::Recipient),
        ("bsft_eid", Tells::Campaign),
        ("bsft_utid", Tells::Recipient),
        ("mtm_campaign", Tells::Campaign),
        ("pk_vid", Tells::Recipient),
        ("fbclid", Tells::Recipient),
    ] {
        let rule = rules.parameter(&shop, name).expect(name);
        assert_eq!(*rule.tells, [tells], "{name}");
    }
}

/// A rule that matches everywhere must be hard to meet by chance if a hit
/// alone is to decide: its path must name something long or peculiar.
#[test]
fn a_decisive_pixel_rule_does_not_match_a_bare_endpoint() {
    let rules = rules();
    for path in [
        "/",
        "/open",
        "/o/",
        "/o",
        "/e/o/",
        "/q/",
        "/img/",
        "/t/",
        "/track/open.php",
        "/trk",
        "/wf/open",
        "/pub/as",
        "/open.aspx",
    ] {
        let hit = rules.pixel(&target(&format!("https://www.example.org{path}")));
        assert!(hit.is_none_or(|h| h.needs == Needs::Hidden), "{path}");
    }
}

#[test]
fn a_wrapper_in_a_wrapper_is_undone() {
    // Amazon SES around Mailchimp's own redirect around the shop.
    let link = "https://a1.r.eu-west-1.awstrack.example.org/L0/https:%2F%2Fclick.mailchimp.com%2Fmctx%2Fclicks%3Furl=https%253A%252F%252Fshop.example.org%252F%26xid=1/1/0100018f2a3b4c5d-01234567-89ab-cdef-0123-456789abcdef-000000/abc=212";
    let Unwrapped::To { text, rules, .. } =
        rules().unwrap(&target(link), &Limits::default(), &|_| true)
    else {
        panic!("not unwrapped");
    };
    assert_eq!(text, "https://shop.example.org/");
    let ids: Vec<_> = rules.iter().map(|r| &*r.id).collect();
    assert_eq!(ids, ["amazon-ses-click", "mailchimp-account-click"]);
}

/// The administrator's documentation has one row for each step, in the words
/// of the table.
#[test]
fn each_decode_step_is_documented() {
    let page = include_str!("../docs/rules.md");
    for step in STEPS {
        let argument = step.argument.map(|a| format!(":{a}")).unwrap_or_default();
        let argument = argument.replace('|', "\\|");
        let row = format!("| `{}{argument}` | {} |", step.name, step.doc);
        assert!(page.contains(&row), "docs/rules.md lacks the row\n{row}");
    }
}
