//! A made-up year of mail: the same events on every run, in order of time.
//!
//! Who sends how much follows Zipf's law: 900 trackers of 150 companies,
//! 30,000 sender domains, 20,000 recipients. Most messages are newsletters
//! with one pixel and several links of one tracker; one in four of them uses a
//! host of the sender's own domain for it. Some are clean, skipped or failed,
//! and the first two weeks were only observed.

use crate::chance::{Random, Zipf};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};
use untrackd::{
    clean::{Finding, Outcome, SkipNote},
    judge::{Action, Disclosure, Evidence, Verdict},
    rules::{Category, RuleRef, Tells, Vendor},
    sighting::Vector,
    skip::Skip,
    telemetry::{Disposition, Event, Transaction},
    url::{Target, decode::Destination},
};

const TRACKERS: usize = 900;
const COMPANIES: usize = 150;
const SENDERS: usize = 30_000;
const RECIPIENTS: usize = 20_000;
const RECIPIENT_DOMAINS: usize = 12;
/// 2025-11-22T00:00:00Z in seconds since 1970; the year ends a year later.
const BEGIN: u64 = 1_763_769_600;
const DAYS: u64 = 365;
const DAY_MS: u64 = 86_400_000;
/// Days at the start on which nothing was changed.
const OBSERVED_DAYS: u64 = 14;
/// Findings for each message, clean ones included, before equal ones are
/// folded: [`Year`] measures 5.5 for those that have any.
const FINDINGS_A_MESSAGE: f64 = 4.6;
/// Share of mail by hour of the day, in percent.
const HOURS: [u64; 24] = [
    1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 8, 7, 6, 6, 6, 6, 6, 5, 4, 4, 3, 2, 2, 1,
];
const TOKEN: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const WORDS: &[&str] = &[
    "autumn", "bags", "beauty", "black", "blog", "books", "brand", "care", "city", "classic",
    "coffee", "deals", "design", "dress", "events", "family", "fashion", "garden", "gifts",
    "green", "guide", "health", "home", "jobs", "kids", "kitchen", "light", "living", "magazine",
    "market", "music", "news", "night", "office", "offer", "outdoor", "paper", "people", "photo",
    "plants", "power", "product", "sale", "school", "season", "shoes", "spring", "stories",
    "style", "summer", "table", "tickets", "travel", "trends", "update", "week", "white", "winter",
    "wood", "world",
];
const SOCIAL: &[&str] = &[
    "www.facebook.example",
    "www.instagram.example",
    "www.linkedin.example",
    "x.example",
    "www.youtube.example",
];

/// One service that wraps links and counts opens.
struct Tracker {
    open: RuleRef,
    click: RuleRef,
    /// The host, if it is the same for all customers.
    host: Option<String>,
    /// Whether the destination stands in the URL.
    is_readable: bool,
    /// Path before the token, and names of parameters.
    path: String,
    parameters: Vec<String>,
}

/// The events of the year.
pub(crate) struct Year {
    random: Random,
    trackers: Vec<Tracker>,
    by_tracker: Zipf,
    by_sender: Zipf,
    by_recipient: Zipf,
    messages: u64,
    next: u64,
    /// Findings so far.
    pub(crate) findings: u64,
    wanted: u64,
}

impl Year {
    /// A year with at least so many findings.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    pub(crate) fn new(wanted: u64) -> Self {
        let mut random = Random::new(0x756e_7472_6163_6b64);
        Self {
            trackers: (0..TRACKERS)
                .map(|n| Tracker::new(n, &mut random))
                .collect(),
            by_tracker: Zipf::new(TRACKERS, 1.0),
            by_sender: Zipf::new(SENDERS, 0.9),
            by_recipient: Zipf::new(RECIPIENTS, 0.6),
            random,
            messages: (wanted as f64 / FINDINGS_A_MESSAGE) as u64 + 1,
            next: 0,
            findings: 0,
            wanted,
        }
    }

    fn time(&mut self) -> u64 {
        let a_day = (self.messages / DAYS).max(1);
        let (day, within) = (self.next / a_day, self.next % a_day);
        let mut share = within * 100 / a_day;
        let mut hour = 0;
        for (n, percent) in (0..).zip(HOURS) {
            hour = n;
            if share < percent {
                break;
            }
            share -= percent;
        }
        // Within the hour, in order of the running number.
        let first = HOURS.iter().take(hour as usize).sum::<u64>() * a_day / 100;
        let length = (HOURS[hour as usize] * a_day / 100).max(1);
        let ms = within.saturating_sub(first).min(length) * 3_599_000 / length;
        BEGIN * 1_000 + day * DAY_MS + hour * 3_600_000 + ms + self.random.below(1_000)
    }

    fn transaction(&mut self, sender: usize) -> Transaction {
        let random = &mut self.random;
        let domain = sender_domain(sender);
        let more = if random.percent(7) {
            1 + random.below(4)
        } else {
            0
        };
        let recipients: Vec<String> = (0..=more)
            .map(|_| {
                let person = self.by_recipient.draw(random);
                let organisation = person % RECIPIENT_DOMAINS;
                format!("firstname.lastname{person}@organisation{organisation}.example")
            })
            .collect();
        let bounce = random.token(12);
        let first = recipients[0].replace('@', "=");
        let server = random.below(200);
        #[allow(clippy::cast_possible_truncation)]
        let network = (sender % 2_500) as u16;
        Transaction {
            queue_id: Some(format!("4{}", random.token(14))),
            message_id: Some(format!("{}@mta{server}.{domain}", random.token(24))),
            sender: format!("bounce-{bounce}-{first}@bounce.{domain}"),
            from_domain: Some(format!("news.{domain}")),
            recipients,
            client: Some([198, network.to_be_bytes()[0], network.to_be_bytes()[1], 7].into()),
        }
    }

    /// A newsletter: a pixel and some links of one tracker.
    fn newsletter(&mut self, sender: usize) -> Vec<Finding> {
        let tracker = &self.trackers[self.by_tracker.draw(&mut self.random)];
        let random = &mut self.random;
        let own = sender_domain(sender);
        let host = match &tracker.host {
            Some(host) => host.clone(),
            None if random.percent(60) => format!("u{}.ct.{own}", random.below(1 << 40)),
            None => format!("click.{own}"),
        };
        let mut findings = vec![tracker.pixel(&host, random)];
        let mut links = 1;
        while links < 40 && random.percent(78) {
            links += 1;
        }
        for _ in 0..links {
            let to = match random.below(100) {
                0..75 => format!("www.{own}"),
                75..95 => SOCIAL[random.below(SOCIAL.len() as u64) as usize].to_owned(),
                _ => sender_domain(random.below(SENDERS as u64) as usize),
            };
            findings.push(if random.percent(8) {
                trimmed(&format!("www.{own}"), random)
            } else {
                tracker.link(&host, &to, random)
            });
        }
        if random.percent(1) {
            for finding in &mut findings {
                finding.verdict.spared = Some(Arc::from("a17"));
                finding.verdict.action = Action::Keep;
            }
        }
        findings
    }

    /// A message with a single pixel, as follow-up mail of salespeople has.
    fn follow_up(&mut self) -> Vec<Finding> {
        let tracker = &self.trackers[self.by_tracker.draw(&mut self.random)];
        let host = tracker
            .host
            .clone()
            .unwrap_or_else(|| "open.example".to_owned());
        vec![tracker.pixel(&host, &mut self.random)]
    }
}

impl Iterator for Year {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if self.findings >= self.wanted {
            return None;
        }
        let at_ms = self.time();
        let is_observed = at_ms < BEGIN * 1_000 + OBSERVED_DAYS * DAY_MS;
        let sender = self.by_sender.draw(&mut self.random);
        let (disposition, findings, skip) = match self.random.below(1_000) {
            0..140 => (Disposition::Clean, Vec::new(), None),
            140..165 => (Disposition::Skipped, Vec::new(), Some(Skip::Signed)),
            165..168 => (Disposition::Failed, Vec::new(), None),
            168..220 => (Disposition::Changed, self.follow_up(), None),
            220..230 => (
                Disposition::Changed,
                self.newsletter(sender),
                Some(Skip::Charset),
            ),
            _ => (Disposition::Changed, self.newsletter(sender), None),
        };
        let disposition = match disposition {
            Disposition::Changed if is_observed => Disposition::WouldChange,
            other => other,
        };
        self.next += 1;
        self.findings += findings.len() as u64;
        let transaction = self.transaction(sender);
        let size = 8_000 + self.random.below(90_000);
        Some(Event {
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(at_ms),
            transaction,
            disposition,
            outcome: Outcome {
                findings,
                skips: skip
                    .map(|skip| SkipNote {
                        part: "1".to_owned(),
                        skip,
                    })
                    .into_iter()
                    .collect(),
                parts: 2,
                html_parts: 1,
                ..Outcome::default()
            },
            size_before: size,
            size_after: size - size / 20,
            duration: Duration::from_micros(800 + self.random.below(6_000)),
            // New rules once a week.
            rules_version: format!("{:012x}", (at_ms / DAY_MS / 7).wrapping_mul(0x9e37_79b9)),
        })
    }
}

impl Tracker {
    fn new(n: usize, random: &mut Random) -> Self {
        let category = match random.below(10) {
            0..6 => Category::Mail,
            6..8 => Category::Sales,
            _ => Category::Web,
        };
        let vendor = Arc::new(Vendor {
            id: format!("vendor-{n}"),
            name: format!("Vendor {n} Campaigns"),
            company: format!("Company {} Holding Inc", n % COMPANIES),
            category,
        });
        let rule = |kind: &str, tells: &[Tells]| RuleRef {
            id: format!("vendor-{n}-{kind}").into(),
            vendor: Arc::clone(&vendor),
            tells: tells.into(),
        };
        let word = |random: &mut Random| WORDS[random.below(WORDS.len() as u64) as usize];
        Self {
            open: rule("open", &[Tells::Campaign, Tells::Recipient]),
            click: rule("click", &[Tells::Campaign, Tells::Link, Tells::Recipient]),
            host: (n % 4 != 3).then(|| format!("click.tracker{n}-mail.example")),
            is_readable: random.percent(65),
            path: format!("/{}/{}", word(random), word(random)),
            parameters: (0..1 + random.below(4))
                .map(|_| word(random).to_owned())
                .collect(),
        }
    }

    fn url(&self, host: &str, random: &mut Random) -> String {
        let mut url = format!("https://{host}{}/{}", self.path, random.token(20));
        for (n, name) in self.parameters.iter().enumerate() {
            url.push(if n == 0 { '?' } else { '&' });
            url += &format!("{name}={}", random.token(16));
        }
        url
    }

    fn pixel(&self, host: &str, random: &mut Random) -> Finding {
        let mut evidence = vec![
            note("rule", 200, &self.open.id),
            note("token", 30, "a long opaque value in the URL"),
        ];
        for (percent, weight, kind, detail) in [
            (80, 45, "tiny", "1×1"),
            (70, 10, "alone", "the only image from its domain"),
            (50, 10, "program", "a program answers, no picture file"),
            (30, 15, "words", "\"open\" in the URL"),
            (20, 35, "hidden", "display: none"),
        ] {
            if random.percent(percent) {
                evidence.push(note(kind, weight, detail));
            }
        }
        finding(
            "2",
            Vector::ImgSrc,
            &self.url(host, random),
            Verdict {
                action: Action::Neutralize,
                rules: vec![self.open.clone()],
                score: evidence.iter().map(|e| e.weight).sum(),
                evidence,
                discloses: told(&[Disclosure::Campaign, Disclosure::Recipient]),
                ..notable()
            },
        )
    }

    fn link(&self, host: &str, to: &str, random: &mut Random) -> Finding {
        let action = if self.is_readable {
            Action::Unwrap(destination(&format!("https://{to}/{}", slug(random))))
        } else {
            Action::Keep
        };
        let part = if random.percent(90) { "2" } else { "1" };
        finding(
            part,
            Vector::AHref,
            &self.url(host, random),
            Verdict {
                action,
                opaque: !self.is_readable,
                rules: vec![self.click.clone()],
                evidence: vec![note("redirect", 0, &self.click.id)],
                discloses: told(&[
                    Disclosure::Campaign,
                    Disclosure::Link,
                    Disclosure::Recipient,
                ]),
                ..notable()
            },
        )
    }
}

/// A link of the sender's own that names the recipient in a parameter.
fn trimmed(host: &str, random: &mut Random) -> Finding {
    let bare = format!("https://{host}/{}", slug(random));
    finding(
        "2",
        Vector::AHref,
        &format!("{bare}?mc_eid={}&utm_source=news", random.token(10)),
        Verdict {
            action: Action::Trim(destination(&format!("{bare}?utm_source=news"))),
            evidence: vec![note("parameter", 0, "mc_eid")],
            discloses: told(&[Disclosure::Campaign, Disclosure::Recipient]),
            ..notable()
        },
    )
}

fn finding(part: &str, vector: Vector, url: &str, verdict: Verdict) -> Finding {
    Finding {
        part: part.to_owned(),
        vector,
        url: Some(target(url)),
        verdict,
        facts: None,
    }
}

fn notable() -> Verdict {
    Verdict {
        notable: true,
        ..Verdict::default()
    }
}

fn note(kind: &'static str, weight: i32, detail: &str) -> Evidence {
    Evidence {
        kind,
        weight,
        detail: detail.to_owned().into(),
    }
}

/// What every request tells, and more.
fn told(more: &[Disclosure]) -> BTreeSet<Disclosure> {
    [Disclosure::Client, Disclosure::Network, Disclosure::Time]
        .iter()
        .chain(more)
        .copied()
        .collect()
}

fn target(url: &str) -> Target {
    Target::parse(url).expect("a URL of the generator")
}

fn destination(url: &str) -> Destination {
    Destination {
        target: target(url),
        text: url.to_owned(),
    }
}

fn sender_domain(n: usize) -> String {
    format!("sender{n}-shop.example")
}

/// Words of a page's address.
fn slug(random: &mut Random) -> String {
    let words: Vec<&str> = (0..2 + random.below(2))
        .map(|_| WORDS[random.below(WORDS.len() as u64) as usize])
        .collect();
    words.join("-")
}

impl Random {
    /// Letters and digits.
    fn token(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(TOKEN[self.below(TOKEN.len() as u64) as usize]))
            .collect()
    }
}
