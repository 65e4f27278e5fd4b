//! What pages are made of.

use super::{chance::Chance, link};

/// The words of all text.
const WORDS: &[&str] = &[
    "a", "about", "after", "and", "are", "as", "at", "autumn", "before", "better", "bread",
    "bridge", "by", "city", "come", "day", "evening", "every", "find", "first", "for", "from",
    "garden", "good", "harvest", "have", "house", "how", "in", "into", "is", "it", "kitchen",
    "lanterns", "letters", "light", "market", "morning", "most", "music", "new", "of", "old", "on",
    "open", "or", "our", "people", "read", "river", "season", "see", "shop", "small", "story",
    "table", "that", "the", "their", "there", "this", "time", "to", "town", "walk", "want", "was",
    "water", "way", "we", "week", "well", "were", "what", "when", "where", "which", "who", "will",
    "winter", "with", "words", "work", "year", "you", "your",
];

/// What a style block in the head holds.
const CSS: &str = "\
body { margin: 0; padding: 0; -webkit-text-size-adjust: 100% }\r\n\
table, td { border-collapse: collapse; mso-table-lspace: 0pt; mso-table-rspace: 0pt }\r\n\
img { border: 0; height: auto; line-height: 100%; outline: none; text-decoration: none }\r\n\
.wrapper { width: 100%; table-layout: fixed; background-color: #f4f4f7 }\r\n\
.story h3 { margin: 0 0 8px; font: bold 20px/26px Georgia, serif; color: #22303c }\r\n\
.button { display: inline-block; padding: 10px 18px; border-radius: 4px; background: #336699 }\r\n\
@media only screen and (max-width: 620px) {\r\n\
  .column { width: 100% !important; display: block !important }\r\n\
  .story img { width: 100% !important; height: auto !important }\r\n\
}\r\n";

/// `bytes` of plain text in lines of about 70 characters.
pub(super) fn lines(chance: &mut Chance, bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + 80);
    while out.len() < bytes {
        let mut line = String::new();
        while line.len() < 64 {
            line += chance.pick(WORDS);
            line.push(' ');
        }
        out += line.trim_end();
        out += "\r\n";
    }
    out.truncate(bytes.saturating_sub(2));
    out += "\r\n";
    out
}

/// A page of HTML while it is written.
pub(super) struct Page {
    chance: Chance,
    html: String,
}

impl Page {
    pub(super) fn new(chance: Chance) -> Self {
        let html = String::new();
        Self { chance, html }
    }

    /// All up to the first story.
    pub(super) fn head(&mut self) {
        self.html += "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\r\n\
            <html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\r\n<head>\r\n\
            <meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n\
            <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\r\n\
            <title>The news of this week</title>\r\n<style type=\"text/css\">\r\n";
        self.html += CSS;
        self.html += "</style>\r\n</head>\r\n<body style=\"margin: 0; padding: 0; background-color: #f4f4f7\" bgcolor=\"#f4f4f7\">\r\n\
            <div style=\"display: none; max-height: 0; overflow: hidden; font-size: 1px\">What the week brought&nbsp;&zwnj;&nbsp;&zwnj;&nbsp;&zwnj;</div>\r\n\
            <table width=\"100%\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" class=\"wrapper\"><tr><td align=\"center\" valign=\"top\">\r\n";
        let href = link::link(&mut self.chance);
        self.html += &format!(
            "<a href=\"{href}\" target=\"_blank\"><img src=\"https://images.example.org/banner.png\" width=\"600\" height=\"120\" alt=\"The News\" border=\"0\" style=\"display: block\"></a>\r\n"
        );
    }

    /// Stories, until the page with its end has about `bytes`.
    pub(super) fn stories(&mut self, bytes: usize) {
        const STORY: usize = 2_900;
        const END: usize = 1_600;
        let mut number = 0;
        while self.html.len() + STORY / 2 + END < bytes {
            number += 1;
            self.story(number);
        }
    }

    /// A story has two links, one image and three tables, each in the other.
    fn story(&mut self, number: usize) {
        let (picture, more) = (link::link(&mut self.chance), link::link(&mut self.chance));
        let (title, teaser) = (self.words(36), self.words(330));
        let (text, end) = (self.words(520), self.words(100));
        self.html += &format!(
            "<table align=\"center\" width=\"600\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" bgcolor=\"#ffffff\" class=\"story\" style=\"width: 600px; max-width: 600px; margin: 0 auto; border-bottom: 1px solid #e5e5ea; mso-table-lspace: 0pt; mso-table-rspace: 0pt\">\r\n\
             <tr><td align=\"left\" valign=\"top\" class=\"column\" style=\"padding: 24px 20px 12px; font-family: Arial, Helvetica, sans-serif\">\r\n\
             <table width=\"100%\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" role=\"presentation\">\r\n\
             <tr><td width=\"180\" valign=\"top\" style=\"padding-right: 16px\">\
             <a href=\"{picture}\" target=\"_blank\" style=\"text-decoration: none\">\
             <img src=\"https://images.example.org/2026/47/story-{number}.jpg\" width=\"164\" height=\"110\" alt=\"{title}\" border=\"0\" style=\"display: block; width: 164px; height: 110px\"></a></td>\r\n\
             <td valign=\"top\" style=\"font-size: 14px; line-height: 21px; color: #44505c\">\r\n\
             <h3 style=\"margin: 0 0 8px; font: bold 20px/26px Georgia, serif; color: #22303c\">{title}</h3>\r\n\
             <p style=\"margin: 0 0 10px; font-family: Arial, Helvetica, sans-serif; mso-line-height-rule: exactly\">{teaser}.</p>\r\n\
             <p>{text}, <strong>{end}</strong>.<br>&nbsp;</p>\r\n\
             <table border=\"0\" cellpadding=\"0\" cellspacing=\"0\" role=\"presentation\" style=\"border-collapse: separate; line-height: 100%\">\r\n\
             <tr><td align=\"center\" bgcolor=\"#336699\" style=\"border-radius: 4px; mso-padding-alt: 10px 18px; background: #336699\" valign=\"middle\">\r\n\
             <a href=\"{more}\" target=\"_blank\" class=\"button\" style=\"color: #ffffff; text-decoration: none; font: bold 14px/20px Arial, Helvetica, sans-serif\">Read&nbsp;more &rsaquo;</a>\r\n\
             </td></tr></table>\r\n</td></tr>\r\n\
             <tr><td colspan=\"2\" height=\"12\" style=\"font-size: 1px; line-height: 12px\">&nbsp;</td></tr>\r\n\
             </table>\r\n</td></tr>\r\n</table>\r\n"
        );
    }

    /// Rows of a table, every fourth of them with a link.
    pub(super) fn rows(&mut self, bytes: usize) {
        self.html += "<table width=\"100%\" border=\"1\" cellpadding=\"4\" cellspacing=\"0\">\r\n";
        let mut number = 0;
        while self.html.len() + 2_000 < bytes {
            number += 1;
            let name = if number % 4 == 0 {
                let href = link::link(&mut self.chance);
                format!("<a href=\"{href}\">{}</a>", self.words(24))
            } else {
                self.words(24)
            };
            let (note, sum) = (self.words(60), self.chance.below(100_000));
            self.html += &format!(
                "<tr class=\"row\"><td width=\"60\" align=\"right\">{number}</td>\
                 <td style=\"font-family: Arial, sans-serif; color: #22303c\">{name}</td>\
                 <td class=\"note\" valign=\"top\">{note}</td>\
                 <td align=\"right\" style=\"white-space: nowrap\">{sum}&nbsp;EUR</td></tr>\r\n"
            );
        }
        self.html += "</table>\r\n";
    }

    /// A list of `n` links, beside those that every page has.
    pub(super) fn list(&mut self, n: usize) {
        for _ in 0..n {
            let (href, text) = (link::link(&mut self.chance), self.words(30));
            self.html += &format!("<p><a href=\"{href}\">{text}</a></p>\r\n");
        }
    }

    /// The footer, the pixel and the end.
    pub(super) fn end(mut self) -> String {
        self.html += "<table align=\"center\" width=\"600\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" class=\"footer\"><tr>\r\n";
        for place in ["pictures", "films", "words"] {
            self.html += &format!(
                "<td align=\"center\" width=\"200\"><a href=\"https://{place}.example.org/thenews\"><img src=\"https://images.example.org/icons/{place}.png\" width=\"24\" height=\"24\" alt=\"{place}\"></a></td>\r\n"
            );
        }
        let pixel = link::pixel(&mut self.chance);
        self.html += &format!(
            "</tr></table>\r\n<p style=\"font-size: 11px; color: #8a949e\">The News, 1 Example Street, 00000 Example. You get this because you asked for it. \
             <a href=\"https://news.example.org/unsubscribe/4711\" style=\"color: #8a949e\">Unsubscribe</a></p>\r\n\
             </td></tr></table>\r\n\
             <img src=\"{pixel}\" width=\"1\" height=\"1\" alt=\"\" style=\"display: none\">\r\n</body>\r\n</html>\r\n"
        );
        self.html
    }

    /// About `bytes` of words.
    fn words(&mut self, bytes: usize) -> String {
        let mut out = String::with_capacity(bytes + 10);
        while out.len() < bytes {
            out += self.chance.pick(WORDS);
            out.push(' ');
        }
        out.truncate(out.trim_end().len());
        out
    }
}
