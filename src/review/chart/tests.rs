//! The whole figure, and the colours of the stylesheet.

use super::*;
use std::collections::BTreeSet;

const DAY_MS: i64 = 86_400_000;
/// Tuesday 17 November 2026, 0:00 UTC.
const TUESDAY: i64 = 20_774 * DAY_MS;

fn series(keys: &[&str], days: &[&[u64]]) -> Series {
    Series {
        keys: keys.iter().map(|&key| key.to_owned()).collect(),
        slots: (0..)
            .zip(days)
            .map(|(n, counts)| Slot {
                start_ms: TUESDAY + n * DAY_MS,
                span_ms: DAY_MS,
                counts: counts.to_vec(),
            })
            .collect(),
    }
}

fn draw(series: &Series, link: Option<&Link<'_>>) -> String {
    over_time(&OverTime {
        id: "outcomes",
        title: "Messages <by> outcome",
        unit: "messages",
        series,
        label: &|key| key.replace('-', " "),
        link,
        zone: &TimeZone::UTC,
    })
}

/// What stands between `open` and `close`, wherever they occur.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> Vec<&'a str> {
    let found = text.split(open).skip(1);
    found
        .map(|rest| rest.split(close).next().unwrap())
        .collect()
}

/// Checks that elements nest, attributes are quoted and entities are known;
/// returns the ids.
fn well_formed(markup: &str) -> BTreeSet<&str> {
    let mut ids = BTreeSet::new();
    let mut open = Vec::new();
    for piece in markup.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag that ends");
        for entity in tag.split('&').skip(1).chain(text.split('&').skip(1)) {
            let (name, _) = entity.split_once(';').expect("an entity that ends");
            assert!(["amp", "lt", "gt", "quot", "#39"].contains(&name), "{name}");
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "an end tag");
            continue;
        }
        let inside = tag.strip_suffix('/');
        let name = tag.split([' ', '/']).next().unwrap();
        let mut rest = inside.unwrap_or(tag).strip_prefix(name).unwrap();
        while !rest.is_empty() {
            let (attribute, after) = rest.split_once("=\"").expect("a quoted value");
            let attribute = attribute.strip_prefix(' ').expect("a space");
            assert!(
                attribute
                    .chars()
                    .all(|c| c.is_ascii_alphabetic() || c == '-')
            );
            assert!(attribute != "style" && !attribute.starts_with("on"));
            let (value, after) = after.split_once('"').expect("a closing quote");
            if attribute == "id" {
                assert!(ids.insert(value), "{value} twice");
            }
            rest = after;
        }
        if inside.is_none() {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    ids
}

#[test]
fn bars_are_stacked_in_proportion() {
    let series = series(&["neutralize", "would-remove"], &[&[3, 1], &[0, 8]]);
    let figure = draw(&series, None);
    let wide = between(&figure, "<svg class=\"chart-wide\"", "</svg>")[0];
    // The largest sum is 8: lines at 0, 2, 4, 6 and 8. One digit of 13 * 0.6
    // and 8 are left of the area, which begins at 15.8 and ends at 716; it
    // reaches from 13 to 230 - 1.8 * 13 = 206.6. One count is 193.6 / 8 = 24.2
    // high; a day is 350.1 wide with a gap of 4.
    assert_eq!(
        between(wide, "text-anchor=\"end\">", "<"),
        ["0", "2", "4", "6", "8"]
    );
    assert_eq!(
        between(wide, "<rect class=\"c1\" ", "/>"),
        [r#"x="17.8" y="134" width="346.1" height="72.6""#]
    );
    assert_eq!(
        between(wide, "<rect class=\"c2\" ", "/>"),
        [
            r#"x="17.8" y="109.8" width="346.1" height="24.2""#,
            r#"x="367.9" y="13" width="346.1" height="193.6""#,
        ]
    );
    assert_eq!(
        between(wide, "<g><title>", "</title>"),
        [
            "Tue 17 Nov: 4 messages",
            "Tue 17 Nov: 3 neutralize",
            "Tue 17 Nov: 1 would remove",
            "Wed 18 Nov: 8 messages",
            "Wed 18 Nov: 8 would remove",
        ]
    );
    assert_eq!(
        between(wide, "<desc id=\"outcomes-wide-desc\">", "<"),
        [
            "12 messages, from Tue 17 Nov to Wed 18 Nov. Most: Wed 18 Nov, 8. The table below has \
             the same numbers."
        ]
    );
}

#[test]
fn the_table_adds_up_to_the_series() {
    let series = series(&["a", "b"], &[&[3, 1_000], &[0, 8], &[0, 0]]);
    let figure = draw(&series, None);
    assert_eq!(
        between(&figure, "<td>", "</td>"),
        [
            "3", "1,000", "1,003", "0", "8", "8", "0", "0", "0", "3", "1,008", "1,011"
        ]
    );
    assert_eq!(between(&figure, "<b>", "</b>"), ["3", "1,008"]);
}

#[test]
fn every_number_leads_to_its_log() {
    let series = series(&["a", "b"], &[&[3, 1], &[0, 8]]);
    let link = |slot: &Slot, key: Option<&str>| {
        let day = (slot.start_ms - TUESDAY) / DAY_MS;
        format!("/log?day={day}&q={}", key.unwrap_or("\"all\""))
    };
    let figure = draw(&series, Some(&link));
    well_formed(&figure);
    let all = |day| format!("/log?day={day}&amp;q=&quot;all&quot;");
    let table = between(&figure, "<table>", "</table>")[0];
    // A zero leads nowhere.
    let of_table = [
        "/log?day=0&amp;q=a",
        "/log?day=0&amp;q=b",
        &all(0),
        "/log?day=1&amp;q=b",
        &all(1),
    ];
    assert_eq!(between(table, "<a href=\"", "\""), of_table);
    for shape in ["wide", "narrow"] {
        let open = format!("<svg class=\"chart-{shape}\"");
        let svg = between(&figure, &open, "</svg>")[0];
        let of_bars = [
            &all(0),
            "/log?day=0&amp;q=a",
            "/log?day=0&amp;q=b",
            &all(1),
            "/log?day=1&amp;q=b",
        ];
        assert_eq!(between(svg, "<a href=\"", "\""), of_bars);
        assert_eq!(svg.matches("tabindex=\"-1\"").count(), 5);
    }
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "</title><script>alert(1)</script>\" onload=\"x' &\u{202e}\x1b[2J";
    let names: Vec<String> = (0..10).map(|n| format!("{n}{hostile}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let series = series(&names, &[&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
    let link = |_: &Slot, key: Option<&str>| format!("?q={}", key.unwrap_or(hostile));
    let figure = draw(&series, Some(&link));
    let ids = well_formed(&figure);
    assert!(ids.contains("outcomes-wide-p8") && ids.contains("outcomes-narrow-p5"));
    assert!(!figure.contains("<script") && !figure.contains("\" onload"));
    assert!(!figure.contains(['\u{202e}', '\x1b']));
    assert!(figure.contains("&lt;script&gt;") && figure.contains("3 others"));
    assert!(figure.contains("Messages &lt;by&gt; outcome"));
}

#[test]
fn nothing_is_said_in_words() {
    for series in [Series::default(), series(&["a"], &[&[0], &[0]])] {
        let figure = draw(&series, None);
        well_formed(&figure);
        assert!(figure.contains("Nothing in this time."), "{figure}");
        assert!(!figure.contains("<svg"), "{figure}");
    }
}

#[test]
fn small_pictures_are_well_formed() {
    well_formed(&bar(1, 3));
    well_formed(&sparkline(&[1, 2], "a \"b\" <c>"));
}

/// The values of a custom property, in the order of the themes: light, dark by
/// the browser, dark by choice.
fn colors(name: &str) -> Vec<[f64; 3]> {
    between(CSS, &format!("{name}: #"), ";")
        .into_iter()
        .map(|hex| {
            let part = |at: usize| {
                let value = u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                let value = f64::from(value) / 255.0;
                // WCAG 2.2, relative luminance.
                if value <= 0.040_45 {
                    value / 12.92
                } else {
                    ((value + 0.055) / 1.055).powf(2.4)
                }
            };
            [part(0), part(2), part(4)]
        })
        .collect()
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let light = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (a, b) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn colors_stand_out_from_the_paper() {
    let white = [1.0; 3];
    assert_eq!((contrast(white, [0.0; 3]) * 100.0).round(), 2_100.0);
    let paper = colors("--chart-paper");
    assert_eq!(paper.len(), 3);
    assert_eq!(paper[0], white);
    for n in 1..=COLORS {
        let shades = colors(&format!("--c{n}"));
        assert_eq!(shades.len(), 3, "--c{n}");
        assert_eq!(shades[1], shades[2], "--c{n} in both dark themes");
        for (shade, paper) in shades.into_iter().zip(&paper) {
            assert!(contrast(shade, *paper) >= 3.0, "--c{n}");
        }
    }
}

/// Colour vision deficiencies at full strength, on linear RGB: Machado,
/// Oliveira and Fernandes, "A Physiologically-based Model for Simulation of
/// Color Vision Deficiency", 2009. None first.
const VISIONS: [[[f64; 3]; 3]; 4] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
    [
        [1.255_528, -0.076_749, -0.178_779],
        [-0.078_411, 0.930_809, 0.147_602],
        [0.004_733, 0.691_367, 0.303_900],
    ],
];

/// CIE L*a*b*, D65.
fn lab(color: [f64; 3], vision: &[[f64; 3]; 3]) -> [f64; 3] {
    let times = |row: &[f64; 3], v: [f64; 3]| row[0] * v[0] + row[1] * v[1] + row[2] * v[2];
    let [r, g, b] = vision.map(|row| times(&row, color).clamp(0.0, 1.0));
    let f = |t: f64| {
        if t > 0.008_856 {
            t.cbrt()
        } else {
            7.787 * t + 16.0 / 116.0
        }
    };
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.0888);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn colors_without_pattern_differ_for_everybody() {
    let plain: Vec<_> = (1..=4).map(|n| colors(&format!("--c{n}"))).collect();
    for theme in 0..2 {
        for vision in &VISIONS {
            for (n, one) in plain.iter().enumerate() {
                for other in &plain[n + 1..] {
                    let (one, other) = (lab(one[theme], vision), lab(other[theme], vision));
                    let squares = (0..3).map(|i| (one[i] - other[i]).powi(2));
                    // 2.3 is what a careful eye just sees.
                    assert!(squares.sum::<f64>().sqrt() > 10.0, "--c{}", n + 1);
                }
            }
        }
    }
    for n in 0..COLORS {
        assert_eq!(plot::pattern(n).is_some(), n >= 4);
    }
}
