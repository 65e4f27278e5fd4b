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
    assert_eq!(vendors(Category::Advertising), 72);
    assert_eq!(vendors(Category::Affiliate), 37);
    assert_eq!(vendors(Category::Gateway), 33);
    assert_eq!(vendors(Category::Mail), 286);
    assert_eq!(vendors(Category::Sales), 88);
    assert_eq!(vendors(Category::Shim), 1);
    assert_eq!(vendors(Category::Web), 197);
    assert_eq!(count(RuleKind::Pixel), 555);
    assert_eq!(count(RuleKind::Redirect), 220);
    assert_eq!(count(RuleKind::Opaque), 109);
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
    "https://mi.example.org/p/rp/0123456789abcdef.png?mi_u=12345678",
    "https://assets-eur.mkt.dynamics.com/01234567-89ab-cdef-0123-456789abcdef/digitalassets/images/a.png",
    "https://ab123.infusionsoft.com/slices/social-media/like.png",
    "https://us-ms.gr-cdn.com/getresponse-AbCd/photos/01234567-89ab-cdef-0123-456789abcdef.jpg",
    "https://embed.filekitcdn.com/e/0123456789abcdef/0123456789abcdef/email",
    "https://content.govdelivery.com/attachments/fancy_images/EXAMPLE/2024/01/1234567/logo_original.png",
    "https://i.emlfiles.com/cmpimg/1/2/3/4/images/header.png",
    "https://www.example.org/img/2024.12/b5cf7cc0.gif",
    "https://www.example.org/images/pixel.gif",
    "https://www.example.org/images/blank.gif?v=12",
    "https://www.example.org/gallery/photo.jpg?action=view&size=600",
    "https://www.example.org/track/opening-hours.png",
    "https://www.example.org/tracking/1/open/door-in-the-wall-600.png",
    "https://www.example.org/m/opening/hours-of-the-shop.png",
    "https://www.example.org/open/log/12/summer-sale-banner.png",
    "https://www.example.org/o/p/12:30.png",
    "https://www.example.org/d/d.gif?v=2",
    "https://www.example.org/imp?size=large",
    "https://www.example.org/ea/sports/?edition=1",
    "https://www.example.org/_t/open/now.png",
    "https://www.example.org/open.aspx?page=shop",
    "https://www.example.org/open.php?id=3",
    "https://www.example.org/open.html",
    "https://www.example.org/track/open-day.jpg",
    "https://www.example.org/click/here",
    "https://www.example.org/c/contact",
    "https://www.example.org/l/london",
    "https://www.example.org/r/?id=7",
    "https://www.example.org/redirect/2/",
    "https://www.example.org/company/products",
    "https://www.example.org/links/partners/all/current",
    "https://www.example.org/e/2024/summer/sale/1",
    "https://www.example.org/t/shirts/blue",
    "https://www.example.org/link.php?id=3",
    "https://www.example.org/link.cfm?s=https://a.example/",
    "https://www.example.org/url?q=https%3A%2F%2Fa.example%2F",
    "https://www.example.org/amp/s/a.example/",
    "https://www.example.org/web/https%3A%2F%2Fa.example%2F",
    "https://www.example.org/index.php?task=view&ref=aHR0cA&id=1",
    "https://www.google.com/search?q=https%3A%2F%2Fa.example%2F",
    "https://www.linkedin.com/company/example",
    "https://www.example.org/go?url=https%3A%2F%2Fa.example%2F",
    "https://www.example.org/share?u=https%3A%2F%2Fa.example%2F",
    "https://login.example.org/?continue=https%3A%2F%2Fa.example%2F",
    "https://web.archive.org/web/2020/https://a.example/",
    // Share buttons.
    "https://www.facebook.com/sharer/sharer.php?u=https%3A%2F%2Fa.example%2F",
    "https://twitter.com/intent/tweet?url=https%3A%2F%2Fa.example%2F",
    "https://www.linkedin.com/shareArticle?mini=true&url=https%3A%2F%2Fa.example%2F",
    "https://www.linkedin.com/sharing/share-offsite/?url=https%3A%2F%2Fa.example%2F",
    "https://www.reddit.com/submit?url=https%3A%2F%2Fa.example%2F&title=a",
    "https://vk.com/share.php?url=https%3A%2F%2Fa.example%2F",
    "https://www.tumblr.com/widgets/share/tool?canonicalUrl=https%3A%2F%2Fa.example%2F",
    "https://getpocket.com/save?url=https%3A%2F%2Fa.example%2F",
    "https://share.flipboard.com/bookmarklet/popout?v=2&url=https%3A%2F%2Fa.example%2F",
    "https://bsky.app/intent/compose?text=https%3A%2F%2Fa.example%2F",
    "https://www.pinterest.com/pin/create/button/?url=https%3A%2F%2Fa.example%2F",
    "https://t.me/share/url?url=https%3A%2F%2Fa.example%2F",
    "https://wa.me/?text=https%3A%2F%2Fa.example%2F",
    "https://www.evernote.com/clip.action?url=https%3A%2F%2Fa.example%2F",
    // Logins.
    "https://accounts.google.com/ServiceLogin?continue=https%3A%2F%2Fmail.google.com%2F",
    "https://accounts.google.com/o/oauth2/v2/auth?client_id=a&redirect_uri=https%3A%2F%2Fa.example%2F",
    "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=a&redirect_uri=https%3A%2F%2Fa.example%2F",
    "https://login.yahoo.com/?done=https%3A%2F%2Fwww.yahoo.com%2F",
    "https://www.facebook.com/login.php?next=https%3A%2F%2Fwww.facebook.com%2Fsettings",
    "https://www.facebook.com/v19.0/dialog/oauth?client_id=1&redirect_uri=https%3A%2F%2Fa.example%2F",
    "https://www.linkedin.com/uas/login?session_redirect=https%3A%2F%2Fwww.linkedin.com%2Ffeed%2F",
    "https://www.amazon.com/ap/signin?openid.return_to=https%3A%2F%2Fwww.amazon.com%2F",
    "https://signin.ebay.com/ws/eBayISAPI.dll?SignIn&ru=https%3A%2F%2Fwww.ebay.com%2F",
    "https://steamcommunity.com/openid/login?openid.return_to=https%3A%2F%2Fa.example%2F",
    "https://medium.com/m/signin?operation=register&redirect=https%3A%2F%2Fmedium.com%2F",
    "https://slack.com/signin?redir=https%3A%2F%2Fa.slack.com%2F",
    "https://project.firebaseapp.com/__/auth/action?mode=signIn&oobCode=abc&continueUrl=https%3A%2F%2Fa.example%2F",
    // Searches, translators, archives, previews, calendars.
    "https://www.google.com/search?q=https%3A%2F%2Fa.example%2F",
    "https://www.bing.com/search?q=https%3A%2F%2Fa.example%2F",
    "https://duckduckgo.com/?q=https%3A%2F%2Fa.example%2F",
    "https://www.youtube.com/results?search_query=https%3A%2F%2Fa.example%2F",
    "https://translate.google.com/translate?sl=de&tl=en&u=https%3A%2F%2Fa.example%2F",
    "https://archive.org/wayback/available?url=a.example",
    "https://validator.w3.org/nu/?doc=https%3A%2F%2Fa.example%2F",
    "https://calendar.google.com/calendar/render?action=TEMPLATE&location=https%3A%2F%2Fa.example%2F",
    "https://view.officeapps.live.com/op/view.aspx?src=https%3A%2F%2Fa.example%2Fa.docx",
    "https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0",
    "https://play.google.com/store/apps/details?id=a.b&referrer=https%3A%2F%2Fa.example%2F",
    // Pages of the vendors themselves.
    "https://www.amazon.com/gp/product/B012345678?ref_=pe_1_2",
    "https://www.ebay.com/itm/123?mkevt=1",
    "https://www.reddit.com/r/mail/comments/abc123/",
    "https://www.tiktok.com/@a/video/123",
    "https://community.mimecast.com/s/article/Targeted-Threat-Protection",
    "https://www.proofpoint.com/us/products?url=https%3A%2F%2Fa.example%2F",
    "https://www.trendmicro.com/en_us/business.html?url=https%3A%2F%2Fa.example%2F",
    "https://www.sophos.com/?u=aHR0cHM6Ly9hLmV4YW1wbGUv&d=a.example",
    "https://www.inky.com/blog/link?t=a",
    "https://www.awin.com/gb/search?p=https%3A%2F%2Fa.example%2F",
    "https://www.tradedoubler.com/en/?url=https%3A%2F%2Fa.example%2F",
    "https://app.impact.com/login.user?url=https%3A%2F%2Fa.example%2F",
    "https://example.page.link/AbCd",
    "https://x.app.link/AbCd?%24deeplink_path=a",
    "https://bit.ly/",
    "https://tinyurl.com/app/myurls",
    // What a rule for any host comes near to.
    "https://mail.example.org/?dmVyYSBsb25nIHNlYXJjaCBmb3Igc29tZXRoaW5nIGVsc2U",
    "https://mail.example.org/fmlurlsvc/?url=https%3A%2F%2Fa.example%2F",
    "https://www.example.org/t/t?a=1&url=https%3A%2F%2Fa.example%2F",
    "https://www.example.org/enQsig/link?id=7",
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
    "https://geteml.com/ru/unsubscribe?hash=0123456789abcdef&url=aHR0cHM6Ly9hLmV4YW1wbGUv",
    "https://shop.user.com/emails/unsubscribe/0123456789/?to=https%3A%2F%2Fa.example%2F",
    "https://tracking-x.p-email.net/track?hash=0123&action=unsubscribe&value=https://a.example/",
    "https://click.icptrack.com/icp/mmail-mprofile.php?r=1&destination=https%3A%2F%2Fa.example%2F",
    "https://r1.dotdigital-pages.com/p/AB12-CD34/u.aspx",
    "https://go.pardot.com/unsubscribe/u/123456/0123456789abcdef/456789",
    "https://campaign-statistics.com/unsubscribe/0123456789/0123456789abcdef0123456789abcdef",
    "https://www.example.org/?mailpoet_router&endpoint=subscription&action=unsubscribe&data=WyI",
    "https://clt1234567.bmetrack.com/c/su?u=ABC&e=15F5C1D",
    "https://app.streamsend.com/private/15939/unsubscribe?redirect_to=https%3A%2F%2Fa.example%2F",
    "https://abcd.maillist-manage.com/ua/optout?od=0123456789abcdef",
    "https://www.quora.com/qemail/unsubscribe_type?id=0123456789abcdef",
    "http://192.0.2.2/oop/474_md/2010/4/771/33/343611",
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
        "/open.html",
        "/open/log/",
        "/eos/v1/",
        "/s/eo/",
        "/o/p/",
        "/ea/",
        "/O/",
        "/imp",
        "/lt.php",
        "/ut.php",
        "/d/d.gif",
        "/t/o",
        "/tr/p.gif",
        "/rts/open.aspx",
        "/tracking/1/open/",
        "/api/mailings/opened/",
        "/tools/emails/open/",
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
