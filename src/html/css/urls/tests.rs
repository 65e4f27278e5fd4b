use super::*;

/// Each URL as written, with its form, and before it `@` for an
/// import, `~` for a font and `?` for what may be no URL.
fn seen(css: &str) -> Vec<String> {
    let mut seen = Vec::new();
    urls(css, |url| {
        let form = match url.form {
            CssForm::Bare => "",
            CssForm::Double => "\"",
            CssForm::Single => "'",
        };
        let loads = match url.loads {
            Loads::Font => "~",
            Loads::Image => "",
            Loads::Perhaps => "?",
            Loads::Sheet => "@",
        };
        seen.push(format!("{loads}{form}{}", &css[url.span]));
        ControlFlow::Continue(())
    });
    seen
}

#[test]
fn every_form_of_a_url_is_seen() {
    assert_eq!(seen("background: url(a.png)"), ["a.png"]);
    assert_eq!(seen("background: URL( a.png\t)"), ["a.png"]);
    assert_eq!(seen("background: url( \"a.png\" )"), ["\"a.png"]);
    assert_eq!(seen("background: url('a.png')"), ["'a.png"]);
    assert_eq!(seen("background: src('a.png')"), ["'a.png"]);
    assert_eq!(seen("a{b{c{d:url(x)}}}e{f:url(y)}"), ["x", "y"]);
}

#[test]
fn strings_are_urls_only_where_css_says_so() {
    assert_eq!(
        seen("x: image-set('a' 1x, url(b) 2x, linear-gradient('c') 3x) format('d') 'e'"),
        ["'a", "b"]
    );
    assert_eq!(seen("x: -webkit-image-set(\"a\" 1x)"), ["\"a"]);
    assert_eq!(seen("content: 'a' attr(b) \"c\""), Vec::<&str>::new());
}

#[test]
fn imports_are_told_apart() {
    assert_eq!(seen("@import 'a' screen; b{c:url(d)}"), ["@'a", "d"]);
    assert_eq!(seen("@IMPORT url(a);"), ["@a"]);
    assert_eq!(seen("@import url('a') supports(x: url(b));"), ["@'a", "b"]);
    assert_eq!(
        seen("@charset 'a'; @media print { b { c: url(d) } }"),
        ["d"]
    );
}

#[test]
fn fonts_are_told_apart() {
    assert_eq!(
        seen("@font-face{a:b;src:url(c) format('d'),url('e')}f{g:url(h)}"),
        ["~c", "~'e", "h"]
    );
}

#[test]
fn strings_of_filters_and_custom_properties_may_be_urls() {
    assert_eq!(
        seen("-ms-filter:\"progid:X.AlphaImageLoader(src='a')\""),
        ["\"progid:X.AlphaImageLoader(src='a')"]
    );
    assert_eq!(
        seen("filter:progid:DXImageTransform.Microsoft.AlphaImageLoader(src='a',b=\"c\")"),
        ["?'a", "?\"c"]
    );
    assert_eq!(
        seen("a{--b:'c';d:'e';--f:g 'h'}i{j:var(--b) 'k'}"),
        ["?'c", "?'h"]
    );
    assert_eq!(seen("@property --a{initial-value:'b'}"), ["?'b"]);
}

#[test]
fn names_that_are_never_loaded_are_not_seen() {
    assert_eq!(
        seen("@namespace v url(http://a); @namespace 'b'; c { d: url(e) }"),
        ["e"]
    );
    assert_eq!(seen("@-moz-document url(a) { b { c: url(d) } }"), ["d"]);
}

#[test]
fn escapes_do_not_hide_a_url() {
    assert_eq!(seen("a: \\75rl(\\68ttp)"), ["\\68ttp"]);
    assert_eq!(seen("a: u\\72 l('b')"), ["'b"]);
    assert_eq!(seen("@\\69mport 'a'"), ["@'a"]);
    assert_eq!(seen("a: url(b\\ )"), ["b\\ "]);
    assert_eq!(seen("a: url(b\\ c\\) )"), ["b\\ c\\)"]);
}

#[test]
fn comments_hide_what_they_hold_and_nothing_else() {
    assert_eq!(seen("a:/*url(b)*/url(c)/*"), ["c"]);
    assert_eq!(seen("<!-- a{b:url(c)} -->"), ["c"]);
    assert_eq!(seen("a: url(/*b*/c)"), ["/*b*/c"]);
}

#[test]
fn what_the_end_leaves_open_is_a_url() {
    assert_eq!(seen("a: url(b"), ["b"]);
    assert_eq!(seen("a: url('b"), ["'b"]);
    assert_eq!(seen("a: url(\"b\\\""), ["\"b\\\""]);
    assert_eq!(seen("a: url("), [""]);
}

#[test]
fn what_a_newline_breaks_is_none_but_the_next_one_is() {
    assert_eq!(seen("a: url('b\nc'); d: url(e)"), Vec::<&str>::new());
    assert_eq!(seen("a: url(b c); d: url(e)"), ["e"]);
    assert_eq!(seen("a: 'b\n; d: url(e)"), ["e"]);
}

#[test]
fn a_stray_bracket_does_not_lose_the_place() {
    assert_eq!(seen("a) ] } b: image-set(]'c')"), ["'c"]);
    assert_eq!(seen("{[(a: url(b)"), ["b"]);
}

#[test]
fn css_without_a_url_is_passed_over_quickly() {
    for css in [
        "color:red",
        "width:calc(1px + 2px);color:rgba(0,0,0,0)",
        "@media (max-width:600px){a{b:c}}",
        "<!-- a{b:c} -->",
        "margin:-1px",
        "",
    ] {
        assert!(!may_hold(css.as_bytes()), "{css}");
    }
    for css in [
        "a:URL(b)",
        "a:\\75rl(b)",
        "@Import 'b'",
        "a:image-set('b')",
        "--a:'b'",
    ] {
        assert!(may_hold(css.as_bytes()), "{css}");
    }
}

#[test]
fn the_walk_reads_a_url_as_cssparser_does() {
    for css in ["url(a\\62 c)", "url( x\\ )", "url(\\68 ttp)", "url(a\\)b)"] {
        let mut input = ParserInput::new(css);
        let mut parser = Parser::new(&mut input);
        let expected = parser.expect_url().map(|u| u.to_string()).ok();
        let mut found = Vec::new();
        urls(css, |u| {
            found.push(u.span);
            ControlFlow::Continue(())
        });
        let read = super::super::escape::undo(&css[found[0].clone()]);
        assert_eq!(Some(read.into_owned()), expected, "{css}");
    }
}
