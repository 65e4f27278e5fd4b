//! The limit for cleaning HTML: one pass of lol_html that looks at every
//! attribute of every element.

use super::common::usage::own_time;
use lol_html::{HtmlRewriter, Settings, element};
use std::{hint::black_box, time::Duration};

/// Passes that are measured together: the kernel counts time in nanoseconds,
/// but brings it up to date only now and then.
const PASSES: u32 = 40;

/// Processor time of one pass.
pub(crate) fn pass(html: &str) -> Duration {
    let begun = own_time();
    for _ in 0..PASSES {
        black_box(walk(black_box(html.as_bytes())));
    }
    own_time().saturating_sub(begun) / PASSES
}

fn walk(html: &[u8]) -> usize {
    let mut seen = 0;
    let mut rewriter = HtmlRewriter::new(
        Settings::new().append_element_content_handler(element!("*", |element| {
            for attribute in element.attributes() {
                seen += attribute.value().len();
            }
            Ok(())
        })),
        |_: &[u8]| {},
    );
    rewriter.write(html).expect("the generated HTML parses");
    rewriter.end().expect("the generated HTML ends");
    seen
}
