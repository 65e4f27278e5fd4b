//! What a `style=` attribute says about size and visibility.

use crate::html::Hidden;
use crate::html::css::declarations::{Part, declarations};

/// How far an element must be moved, in CSS pixels, to be out of view.
const OFF_SCREEN: f32 = 999.0;

/// What [`Style::read`] reads.
const PROPERTIES: &[&str] = &[
    "bottom",
    "clip",
    "clip-path",
    "display",
    "height",
    "left",
    "max-height",
    "max-width",
    "mso-hide",
    "opacity",
    "overflow",
    "overflow-x",
    "overflow-y",
    "position",
    "right",
    "text-indent",
    "top",
    "visibility",
    "width",
];

/// A size as it is declared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Extent {
    /// In CSS pixels.
    Px(f32),
    /// Known only to the client.
    Relative,
}

/// The declarations that matter, after the cascade within one attribute.
#[derive(Debug, Default)]
pub(crate) struct Style {
    clipped: Declared<bool>,
    clipped_if_moved: Declared<bool>,
    display_none: Declared<bool>,
    height: Declared<Extent>,
    max_height: Declared<Extent>,
    max_width: Declared<Extent>,
    moved: Declared<bool>,
    mso_hide: Declared<bool>,
    bottom: Declared<Extent>,
    left: Declared<Extent>,
    right: Declared<Extent>,
    top: Declared<Extent>,
    opacity_zero: Declared<bool>,
    overflow_hidden: Declared<bool>,
    text_indent: Declared<Extent>,
    visibility_hidden: Declared<bool>,
    width: Declared<Extent>,
}

impl Style {
    /// Reads the source of a `style=` attribute, character references
    /// decoded.
    pub(crate) fn read(css: &str) -> Self {
        let mut style = Self::default();
        if css.bytes().all(is_simple) {
            // Every semicolon ends a declaration.
            for declaration in css.split(';') {
                style.read_simple(declaration);
            }
        } else {
            style.read_any(css);
        }
        style
    }

    fn read_any(&mut self, css: &str) {
        declarations(css, PROPERTIES, |property, parts, important| {
            self.declare(property, parts, important);
        });
    }

    /// Reads one declaration, most often without a tokenizer.
    fn read_simple(&mut self, declaration: &str) {
        let Some((name, value)) = declaration.split_once(':') else {
            return;
        };
        let name = name.trim_ascii();
        let Some(property) = PROPERTIES.iter().find(|p| name.eq_ignore_ascii_case(p)) else {
            return;
        };
        match simple_part(value.trim_ascii()) {
            Some(part) => self.declare(property, &[part], false),
            None => self.read_any(declaration),
        }
    }

    /// Width and height in CSS pixels, given those of the attributes.
    ///
    /// A declared width replaces the attribute's; a limit in pixels lowers
    /// either, and stands for the size where there is no other. `auto` and
    /// percentages, which style sheets for all images bring along, say
    /// nothing against what the attribute states: `width="1"` beside them is
    /// still the author's word.
    pub(crate) fn size(
        &self,
        width: Option<f32>,
        height: Option<f32>,
    ) -> (Option<f32>, Option<f32>) {
        (
            extent(self.width.value, self.max_width.value, width),
            extent(self.height.value, self.max_height.value, height),
        )
    }

    /// Whether `display` is declared at all, which undoes the attribute
    /// `hidden`.
    pub(crate) fn sets_display(&self) -> bool {
        self.display_none.value.is_some()
    }

    /// Why the element does not show. `replaced` says that it is an image of
    /// its own, which no overflow sticks out of and no indent moves.
    pub(crate) fn hidden(&self, replaced: bool) -> Option<Hidden> {
        let moved = self.moved.is_true();
        if self.display_none.is_true() {
            Some(Hidden::Display)
        } else if self.visibility_hidden.is_true() {
            Some(Hidden::Visibility)
        } else if self.opacity_zero.is_true() {
            Some(Hidden::Opacity)
        } else if self.clipped.is_true() || (moved && self.clipped_if_moved.is_true()) {
            Some(Hidden::Clipped)
        } else if (moved && self.moved_away()) || (!replaced && self.indented_away()) {
            Some(Hidden::OffScreen)
        } else if self.zero_size(replaced) {
            Some(Hidden::ZeroSize)
        } else if self.mso_hide.is_true() {
            Some(Hidden::MsoHide)
        } else {
            None
        }
    }

    fn moved_away(&self) -> bool {
        [self.left, self.top, self.right, self.bottom]
            .iter()
            .any(|offset| matches!(offset.value, Some(Extent::Px(px)) if px.abs() >= OFF_SCREEN))
    }

    fn indented_away(&self) -> bool {
        matches!(self.text_indent.value, Some(Extent::Px(px)) if px <= -OFF_SCREEN)
    }

    fn zero_size(&self, replaced: bool) -> bool {
        let zero = |e: &Declared<Extent>| matches!(e.value, Some(Extent::Px(px)) if px <= 0.0);
        let limited = zero(&self.max_width) || zero(&self.max_height);
        if replaced {
            // Its own width and height are reported as they are.
            return limited;
        }
        self.overflow_hidden.is_true() && (limited || zero(&self.width) || zero(&self.height))
    }

    fn declare(&mut self, property: &str, parts: &[Part], important: bool) {
        let [first, ..] = parts else { return };
        let word = match first {
            Part::Ident(word) => word.as_str(),
            _ => "",
        };
        match property {
            "display" if !word.is_empty() => self.display_none.set(word == "none", important),
            "visibility" => {
                let hidden = matches!(word, "hidden" | "collapse");
                self.visibility_hidden.set(hidden, important);
            }
            "opacity" => match first {
                Part::Number(n) | Part::Percent(n) => self.opacity_zero.set(*n <= 0.0, important),
                _ => (),
            },
            "overflow" | "overflow-x" | "overflow-y" => {
                let hidden = matches!(word, "hidden" | "clip");
                self.overflow_hidden.set(hidden, important);
            }
            "mso-hide" => self.mso_hide.set(word == "all", important),
            "position" => {
                let moved = matches!(word, "absolute" | "fixed");
                self.moved.set(moved, important);
            }
            "clip" => self.clipped_if_moved.set(empty_rect(first), important),
            "clip-path" => self.clipped.set(empty_shape(first), important),
            "text-indent" => self.text_indent.set_length(first, important),
            "width" => self.width.set_size(first, important),
            "height" => self.height.set_size(first, important),
            "max-width" => self.max_width.set_size(first, important),
            "max-height" => self.max_height.set_size(first, important),
            "left" => self.left.set_length(first, important),
            "top" => self.top.set_length(first, important),
            "right" => self.right.set_length(first, important),
            "bottom" => self.bottom.set_length(first, important),
            _ => (),
        }
    }
}

/// Whether the byte cannot be a part of anything that holds a semicolon, such
/// as a string, a comment or a block.
fn is_simple(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b' ' | b'\t' | b'\n' | b'\r' | b'!' | b'#' | b'%' | b',' | b'-' | b'.' | b':' | b';'
        )
}

/// A value that is one whole number, of pixels or not, or one word.
fn simple_part(value: &str) -> Option<Part> {
    if value.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let is_word = value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
        return is_word.then(|| Part::Ident(value.to_ascii_lowercase()));
    }
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at_checked(digits).filter(|_| digits <= 6)?;
    let number = number.parse().ok()?;
    match unit {
        "" => Some(Part::Number(number)),
        "%" => Some(Part::Percent(number)),
        "px" | "PX" | "Px" => Some(Part::Px(number)),
        _ => None,
    }
}

/// The last declaration of a property, or the last important one.
#[derive(Clone, Copy, Debug)]
struct Declared<T> {
    value: Option<T>,
    important: bool,
}

impl<T> Default for Declared<T> {
    fn default() -> Self {
        Self {
            value: None,
            important: false,
        }
    }
}

impl<T> Declared<T> {
    fn set(&mut self, value: T, important: bool) {
        if important || !self.important {
            self.value = Some(value);
            self.important = important;
        }
    }
}

impl Declared<bool> {
    fn is_true(self) -> bool {
        self.value == Some(true)
    }
}

impl Declared<Extent> {
    fn set_length(&mut self, part: &Part, important: bool) {
        match *part {
            // Clients read mail in quirks mode, where a number is pixels.
            Part::Px(px) | Part::Number(px) => self.set(Extent::Px(px), important),
            Part::Ident(_) | Part::Percent(_) | Part::Relative | Part::Function(..) => {
                self.set(Extent::Relative, important);
            }
            Part::Other => (),
        }
    }

    /// As `set_length`; a negative size is no declaration.
    fn set_size(&mut self, part: &Part, important: bool) {
        if !matches!(part, Part::Px(px) | Part::Number(px) if *px < 0.0) {
            self.set_length(part, important);
        }
    }
}

fn extent(declared: Option<Extent>, limit: Option<Extent>, attribute: Option<f32>) -> Option<f32> {
    let size = match declared {
        Some(Extent::Px(px)) => Some(px),
        Some(Extent::Relative) | None => attribute,
    };
    match (size, limit) {
        (Some(size), Some(Extent::Px(limit))) => Some(size.min(limit)),
        (None, Some(Extent::Px(limit))) => Some(limit),
        (size, _) => size,
    }
}

/// `rect(top, right, bottom, left)` without an area.
fn empty_rect(part: &Part) -> bool {
    let Part::Function(name, sides) = part else {
        return false;
    };
    let side = |at: usize| match sides.get(at) {
        Some(Part::Px(px) | Part::Number(px)) => Some(*px),
        _ => None,
    };
    let at_most = |a: Option<f32>, b: Option<f32>| matches!((a, b), (Some(a), Some(b)) if a <= b);
    name == "rect" && (at_most(side(2), side(0)) || at_most(side(1), side(3)))
}

/// `inset(50%)` or more, or `circle(0)`.
fn empty_shape(part: &Part) -> bool {
    let Part::Function(name, parts) = part else {
        return false;
    };
    match (name.as_str(), parts.first()) {
        ("inset", Some(Part::Percent(percent))) => *percent >= 50.0,
        ("circle", Some(Part::Px(radius) | Part::Number(radius) | Part::Percent(radius))) => {
            *radius <= 0.0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::glance::Glance;
    use super::*;

    fn hidden(css: &str) -> Option<Hidden> {
        let hidden = Style::read(css).hidden(false);
        // The quick look must never pass over what hides.
        assert!(
            hidden.is_none() || Glance::at(css.as_bytes()).may_hide,
            "{css}"
        );
        hidden
    }

    fn size(css: &str) -> (Option<f32>, Option<f32>) {
        let size = Style::read(css).size(None, None);
        let is_none = size == (None, None);
        assert!(is_none || Glance::at(css.as_bytes()).may_size, "{css}");
        size
    }

    #[test]
    fn each_way_to_hide_is_known() {
        for (css, why) in [
            ("display:none", Hidden::Display),
            ("color:red; DISPLAY : None !important", Hidden::Display),
            ("visibility:hidden", Hidden::Visibility),
            ("visibility:collapse", Hidden::Visibility),
            ("opacity:0", Hidden::Opacity),
            ("opacity:0.0", Hidden::Opacity),
            ("opacity:0%", Hidden::Opacity),
            ("position:absolute;left:-9999px", Hidden::OffScreen),
            ("position:fixed;top:-1000em", Hidden::OffScreen),
            ("text-indent:-9999px", Hidden::OffScreen),
            ("position:absolute;clip:rect(0,0,0,0)", Hidden::Clipped),
            (
                "position:absolute;clip:rect(1px 1px 1px 1px)",
                Hidden::Clipped,
            ),
            ("clip-path:inset(100%)", Hidden::Clipped),
            ("clip-path:circle(0)", Hidden::Clipped),
            ("max-height:0;overflow:hidden", Hidden::ZeroSize),
            ("width:0px;overflow:hidden", Hidden::ZeroSize),
            ("mso-hide:all", Hidden::MsoHide),
            ("dis/**/play:block;display:none", Hidden::Display),
            ("disp\\6c ay:none", Hidden::Display),
        ] {
            assert_eq!(hidden(css), Some(why), "{css}");
        }
    }

    #[test]
    fn what_shows_is_not_hidden() {
        for css in [
            "",
            "display:block",
            "display:none;display:block",
            "display:block!important;display:none",
            "visibility:visible",
            "opacity:0.5",
            "opacity:1",
            "font-size:0",
            "max-height:0",
            "position:absolute;left:-9px",
            "left:-9999px",
            "clip:rect(0,0,0,0)",
            "clip-path:inset(10%)",
            "position:relative",
            "content:'display:none'",
            "background:url(display:none)",
            "mso-hide:none",
            "text-indent:9999px",
        ] {
            assert_eq!(hidden(css), None, "{css}");
        }
    }

    #[test]
    fn an_image_is_hidden_by_a_limit_of_zero_alone() {
        assert_eq!(
            Style::read("max-height:0").hidden(true),
            Some(Hidden::ZeroSize)
        );
        assert_eq!(Style::read("text-indent:-9999px").hidden(true), None);
    }

    #[test]
    fn sizes_are_read_from_their_own_properties_only() {
        assert_eq!(size("width:1px;height:0"), (Some(1.0), Some(0.0)));
        assert_eq!(size("border:1px solid;border-width:1px"), (None, None));
        assert_eq!(size("min-width:1px;line-height:1px"), (None, None));
        assert_eq!(size("width:3pt;height:1in"), (Some(4.0), Some(96.0)));
        assert_eq!(size("width:1px;width:-5px"), (Some(1.0), None));
        assert_eq!(size("width:1px!important;width:600px"), (Some(1.0), None));
    }

    #[test]
    fn a_style_replaces_an_attribute_and_a_limit_lowers_it() {
        let size = |css| Style::read(css).size(Some(600.0), Some(400.0));
        assert_eq!(size("width:1px"), (Some(1.0), Some(400.0)));
        assert_eq!(size("width:100%;height:auto"), (Some(600.0), Some(400.0)));
        assert_eq!(size("max-width:1px"), (Some(1.0), Some(400.0)));
        assert_eq!(size("max-width:100%"), (Some(600.0), Some(400.0)));
        assert_eq!(
            Style::read("max-width:1px").size(None, None),
            (Some(1.0), None)
        );
    }

    #[test]
    fn simple_styles_are_read_as_any_other() {
        for css in [
            "width:1px;height:2;max-width:100%;max-height:3PX",
            " WIDTH : 7px ; Height:\nauto;top:-1px;left:1.5px;right:1e3px",
            "display:none!important;display:block",
            "display:block;visibility:hidden ;overflow:hidden",
            "opacity:0;opacity:.5;opacity:00;text-indent:-9999px",
            "position:absolute;bottom:1234567px;top:123456px",
            "display x:none;x display:none;:display:none;display::none;display",
            "width:1 px;height:1px 2px;max-width:px;max-height:1px;width:",
            "!display:none;.display:none;#display:none;1display:none",
            "-display:none;display:-none;display:no-ne;display:n1",
            "mso-hide:all;overflow-x:clip;overflow-y:x",
            ";;",
        ] {
            // A string, which only the tokenizer reads.
            let other = format!("{css};x:''");
            assert_eq!(
                format!("{:?}", Style::read(css)),
                format!("{:?}", Style::read(&other)),
                "{css}"
            );
        }
    }
}
