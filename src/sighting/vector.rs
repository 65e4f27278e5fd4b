//! The names of the ways in which a mail makes a client send a request.

/// Writes the enum, its table and its names from one list, so that a vector
/// is one line.
macro_rules! vectors {
    ($($(#[doc = $doc:literal])+ $vector:ident = $name:literal on $trigger:ident of $kind:ident,)+) => {
        /// A way in which a mail makes a client send a request, or a click be
        /// recorded.
        ///
        /// The names are permanent: the block log stores them.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Vector {
            $($(#[doc = $doc])+ $vector,)+
        }

        impl Vector {
            /// Every vector, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$vector,)+];

            /// The permanent name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$vector => $name,)+
                }
            }

            /// When the request is sent.
            pub fn trigger(self) -> Trigger {
                match self {
                    $(Self::$vector => Trigger::$trigger,)+
                }
            }

            /// What the client takes the answer for.
            pub fn kind(self) -> Kind {
                match self {
                    $(Self::$vector => Kind::$kind,)+
                }
            }
        }
    };
}

/// When a vector makes a client send a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Trigger {
    /// A link is followed: the request leads to what the reader wants.
    Click,
    /// Beside an image or link: a request which nobody asked for.
    Ping,
    /// The reader's program is asked to answer the mail.
    Receipt,
    /// The mail is shown, printed or forwarded.
    Show,
    /// A form is sent.
    Submit,
}

/// What a client takes the answer for, which decides what can take its place.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A page in a frame of its own.
    Frame,
    /// A picture that is part of the page.
    Image,
    /// Markup in an attribute.
    Markup,
    /// Anything else: sound, a font, data.
    Other,
    /// A page that the reader goes to. Nothing takes its place.
    Page,
    /// A script.
    Script,
    /// A style sheet.
    StyleSheet,
    /// Words of which the URL is one, such as those of `<meta content>`.
    Words,
}

vectors! {
    /// `<a href>`, in SVG too.
    AHref = "a-href" on Click of Page,
    /// An expression that sets `src` or `srcset` in AMP mail.
    AmpBind = "amp-bind" on Show of Words,
    /// Data that an element of AMP mail loads (`<amp-list src>` and the like).
    AmpSrc = "amp-src" on Show of Other,
    /// `<area href>`.
    AreaHref = "area-href" on Click of Page,
    /// `attributionsrc=`, a list of URLs that are told of a view or a click.
    Attributionsrc = "attributionsrc" on Ping of Other,
    /// `background=` on any element.
    Background = "background" on Show of Image,
    /// The source of an `@font-face` rule.
    CssFont = "css-font" on Show of Other,
    /// `@import` in a style sheet.
    CssImport = "css-import" on Show of StyleSheet,
    /// `url()` in a style sheet or a `style=` attribute.
    CssUrl = "css-url" on Show of Image,
    /// Where a form or one of its buttons sends what was filled in.
    FormAction = "form-action" on Submit of Page,
    /// `<html manifest>` and `<head profile>`.
    HtmlManifest = "html-manifest" on Show of Other,
    /// The page in a frame (`<iframe src>`, `<frame src>` and the like).
    IframeSrc = "iframe-src" on Show of Frame,
    /// `<iframe srcdoc>`, where it holds documents in documents too deep to
    /// be read; else what stands in it is seen as what it is.
    IframeSrcdoc = "iframe-srcdoc" on Show of Markup,
    /// `<img lowsrc>` and `<img dynsrc>`.
    ImgLowsrc = "img-lowsrc" on Show of Image,
    /// `<img src>` and `<image src>`, which HTML reads as `img`.
    ImgSrc = "img-src" on Show of Image,
    /// One candidate of `srcset=`.
    ImgSrcset = "img-srcset" on Show of Image,
    /// `<?import implementation?>`, and the element of that name.
    ImportImplementation = "import-implementation" on Show of Other,
    /// `<input type=image src>`.
    InputSrc = "input-src" on Show of Image,
    /// One candidate of `<link imagesrcset>`.
    LinkImagesrcset = "link-imagesrcset" on Show of Image,
    /// `<link href>`, whatever its `rel=`.
    LinkRelHref = "link-rel-href" on Show of StyleSheet,
    /// `longdesc=`, a page that a menu of the image or frame opens.
    Longdesc = "longdesc" on Click of Page,
    /// A link in MathML.
    MathmlHref = "mathml-href" on Click of Page,
    /// Sound and film, and their subtitles.
    MediaSrc = "media-src" on Show of Other,
    /// `<menuitem icon>`.
    MenuitemIcon = "menuitem-icon" on Show of Image,
    /// A URL among the words of any other `<meta content>` that a client acts
    /// on.
    MetaContent = "meta-content" on Show of Words,
    /// `<meta http-equiv=refresh>`.
    MetaRefresh = "meta-refresh" on Show of Words,
    /// `<object data>` and `<embed src>`.
    ObjectData = "object-data" on Show of Frame,
    /// `ping=`, a list of URLs that are told of a click.
    Ping = "ping" on Ping of Other,
    /// What a plug-in loads: parameters of `<object>`, `<applet code>` and
    /// the like.
    PluginSrc = "plugin-src" on Show of Other,
    /// A header field that asks for a receipt (RFC 8098 section 2.1 and its
    /// forerunners).
    ReceiptHeader = "receipt-header" on Receipt of Other,
    /// `<script src>`, and `<script href>` in SVG.
    ScriptSrc = "script-src" on Show of Script,
    /// A value that an SVG animation gives an attribute.
    SvgAnimate = "svg-animate" on Show of Other,
    /// What an element of SVG refers to, other than a picture or a link.
    SvgHref = "svg-href" on Show of Other,
    /// A picture in SVG.
    SvgImageHref = "svg-image-href" on Show of Image,
    /// `url()` in a presentation attribute of SVG.
    SvgUrl = "svg-url" on Show of Other,
    /// A URL in plain text, which mail programs make a link of.
    TextUrl = "text-url" on Click of Page,
    /// `<video poster>`.
    VideoPoster = "video-poster" on Show of Image,
    /// `href=` of a shape in VML, which is a link.
    VmlHref = "vml-href" on Click of Page,
    /// A picture in VML.
    VmlSrc = "vml-src" on Show of Image,
    /// `<xml src>`, a data island.
    XmlSrc = "xml-src" on Show of Other,
    /// `<?xml-stylesheet href?>`.
    XmlStylesheet = "xml-stylesheet" on Show of StyleSheet,
}

impl Vector {
    /// Whether the URL leads the reader somewhere when it is clicked.
    pub fn is_link(self) -> bool {
        self.trigger() == Trigger::Click
    }

    /// Whether it is loaded when the mail is shown.
    pub fn is_load(self) -> bool {
        self.trigger() == Trigger::Show
    }

    /// Whether the URL is that of a picture which is part of the page.
    pub fn is_image(self) -> bool {
        self.kind() == Kind::Image
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_lower_case_words() {
        let names: BTreeSet<_> = Vector::ALL.iter().map(|v| v.name()).collect();
        assert_eq!(names.len(), Vector::ALL.len());
        for name in names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{name}"
            );
        }
    }
}
