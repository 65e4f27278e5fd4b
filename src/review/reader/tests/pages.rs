use super::*;
use crate::review::{MessageRow, testing::letters};
use crate::telemetry::testing::pixel;

#[test]
fn pages_go_back_and_forth() {
    let log = Log::new();
    let reader = log.reader();
    let query = log.query("sender:example.org");
    let page = |cursor| {
        let page = reader.page(&query, cursor, 3).unwrap();
        let ids: Vec<i64> = page.rows.iter().map(|row| row.id).collect();
        (letters(&page.rows), page.has_newer, page.has_older, ids)
    };
    let (first, newer, older, ids) = page(Cursor::Newest);
    assert_eq!((first.as_str(), newer, older), ("IHG", false, true));
    let (second, newer, older, ids) = page(Cursor::Before(ids[2]));
    assert_eq!((second.as_str(), newer, older), ("FDC", true, true));
    let before = Cursor::Before(ids[2]);
    let (third, newer, older, _) = page(before);
    assert_eq!((third.as_str(), newer, older), ("A", true, false));
    let (back, newer, older, back_ids) = page(Cursor::After(ids[2]));
    assert_eq!((back.as_str(), newer, older), ("GFD", true, true));
    let (top, newer, older, _) = page(Cursor::After(back_ids[0]));
    assert_eq!((top.as_str(), newer, older), ("IH", false, true));
    // Cursors need not be messages that fit, or that are there at all.
    assert_eq!(page(Cursor::Before(i64::MAX)).0, "IHG");
    assert_eq!(page(Cursor::Before(i64::MIN)).0, "");
    assert_eq!(page(Cursor::After(i64::MIN)).0, "DCA");
    assert_eq!(page(Cursor::After(i64::MAX)).0, "");
    assert_eq!(
        page(Cursor::Before(0)),
        (String::new(), true, false, Vec::new())
    );
}

/// Every message that is there all the time is seen once, whatever comes and
/// goes between the pages.
#[test]
fn pages_have_neither_gaps_nor_repeats_while_messages_come_and_go() {
    let log = Log::empty();
    let mail = |n: i64| {
        let mut event = event(
            NOON + n,
            Disposition::Changed,
            vec![pixel("https://t.example.org/o.gif")],
        );
        event.transaction.queue_id = Some(format!("Q{n:04}"));
        event
    };
    log.record(Level::Pseudonym, (0..60).map(mail).collect());
    let query = log.query("company:\"Example Inc\"");
    let reader = log.reader();
    let name = |row: &MessageRow| row.queue_id.clone().unwrap();
    let mut seen: Vec<String> = Vec::new();
    let mut cursor = Cursor::Newest;
    loop {
        let page = reader.page(&query, cursor, 7).unwrap();
        let Some(last) = page.rows.last() else { break };
        cursor = Cursor::Before(last.id);
        seen.extend(page.rows.iter().map(name));
        // One comes, and the oldest one on this page goes. It stays in the index.
        let n = i64::try_from(seen.len()).unwrap();
        log.record(Level::Pseudonym, vec![mail(100 + n)]);
        let last = last.id;
        write(
            &log,
            &format!(
                "DELETE FROM message WHERE id = {last};
                 DELETE FROM finding WHERE id >> 8 = {last};"
            ),
        );
        if !page.has_older {
            break;
        }
    }
    let expected: Vec<String> = (0..60).rev().map(|n| format!("Q{n:04}")).collect();
    assert_eq!(seen, expected);
    // Upwards from the beginning: what is left of the 60, and the nine that came.
    let mut seen: Vec<String> = Vec::new();
    let mut cursor = Cursor::After(0);
    loop {
        let page = reader.page(&query, cursor, 7).unwrap();
        let Some(first) = page.rows.first() else {
            break;
        };
        cursor = Cursor::After(first.id);
        seen.extend(page.rows.iter().rev().map(name));
        assert_eq!(page.has_newer, seen.len() < 60, "{}", seen.len());
    }
    let gone = [53, 46, 39, 32, 25, 18, 11, 4, 0];
    let left = (0..60).filter(|n| !gone.contains(n));
    let came = [7, 14, 21, 28, 35, 42, 49, 56, 60].map(|n| 100 + n);
    let expected: Vec<String> = left.chain(came).map(|n| format!("Q{n:04}")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_message_is_found_by_what_names_it() {
    let log = Log::new();
    let reader = log.reader();
    let keys = log.keys();
    let find = |text: &str| letters(&reader.find(text, Some(&keys)).unwrap());
    assert_eq!(find("C3333"), "C");
    assert_eq!(find(" <only@mid.example> "), "E");
    assert_eq!(find("Clear.1@mail.example.org"), "H");
    let failed = reader.find("E5555", None).unwrap().remove(0);
    assert_eq!(find(&failed.id.to_string()), "E");
    assert_eq!(find(failed.message_id.as_ref().unwrap()), "E");
    assert_eq!(reader.message(failed.id).unwrap(), Some(failed.clone()));
    assert_eq!(reader.message(failed.id + 1).unwrap(), None);
    assert_eq!(reader.find("only@mid.example", None).unwrap(), []);
    // This one is that of five messages.
    assert_eq!(
        find("20261121.Jane=example.com@mta7.mail.example.org"),
        "GFDCBA"
    );
    assert_eq!(find("nothing"), "");
    assert_eq!(find(""), "");
}
