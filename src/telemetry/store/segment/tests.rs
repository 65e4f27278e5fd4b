use super::*;
use crate::telemetry::testing::NOON;
use proptest::{prelude::*, test_runner::RngSeed};

const DAY: i64 = 86_400_000;

fn connection() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    schema::migrate(&mut connection, 0).unwrap();
    connection
}

fn keys(names: &[(u8, i64)]) -> mark::Keys {
    let mut keys = mark::Keys::default();
    for (number, id) in names {
        keys.name(*number, Some(*id));
    }
    keys
}

fn write(connection: &Connection, messages: impl IntoIterator<Item = (i64, mark::Keys)>) {
    let mut indexer = Indexer::default();
    for (id, keys) in messages {
        indexer.add(connection, id, keys).unwrap();
    }
    indexer.write(connection).unwrap();
}

/// How many messages each segment has.
fn sizes(connection: &Connection) -> Vec<usize> {
    let segments = all(connection, 0, i64::MAX).unwrap();
    segments.iter().map(|segment| segment.messages).collect()
}

/// The messages with this key.
fn found(connection: &Connection, key: i64) -> Vec<i64> {
    let probe = &Probe::of(vec![(key, key)])[0];
    let mut found = Vec::new();
    for segment in all(connection, 0, i64::MAX).unwrap() {
        let ids = segment.ids(connection).unwrap();
        assert_eq!(ids.len(), segment.messages);
        assert_eq!((ids[0], ids[ids.len() - 1]), (segment.first, segment.last));
        segment
            .scan(connection, probe, |_, ordinal| found.push(ids[ordinal]))
            .unwrap();
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_packed_is_unpacked(mut numbers in proptest::collection::vec(
        prop_oneof![any::<i64>(), 0..400_i64], 0..1_000)) {
        numbers.sort_unstable();
        numbers.dedup();
        let mut unpacked: Vec<i64> = Vec::new();
        each_block(&numbers, |first, rest| {
            assert!(rest.len() <= BLOCK);
            unpacked.extend(Block::new(first, rest));
            Ok::<_, ()>(())
        }).unwrap();
        prop_assert_eq!(unpacked, numbers);
    }
}

#[test]
fn a_block_takes_a_byte_for_a_small_difference() {
    let mut blocks = Vec::new();
    each_block(&[5, 6, 133, 261], |first, rest| {
        blocks.push((first, rest.to_vec()));
        Ok::<_, ()>(())
    })
    .unwrap();
    // 1, 127, and 128 as 0 with more to come, then 1.
    assert_eq!(blocks, [(5, vec![1, 127, 0x80, 1])]);
}

#[test]
fn ranges_are_joined_and_many_of_one_dimension_are_read_at_once() {
    let probes = Probe::of(vec![(9, 9), (3, 4), (5, 5), (4, 4)]);
    assert_eq!(
        probes,
        [Probe::new(&[(3, 5)]), Probe::new(&[(9, 9)])].to_vec()
    );
    let far: Vec<(i64, i64)> = (0..33).map(|n| (n * 2, n * 2)).collect();
    let other = mark::of_name(mark::RULE, 1);
    let all = [far.clone(), vec![(other, other)]].concat();
    let probes = Probe::of(all);
    assert_eq!(probes, [Probe::new(&far), Probe::new(&[(other, other)])]);
    assert_eq!((probes[0].first, probes[0].last), (0, 64));
    assert_eq!(Probe::of(Vec::new()), []);
}

#[test]
fn single_messages_are_put_together_in_two_tiers() {
    let connection = connection();
    let first = schema::first_id(NOON);
    for n in 0..(64 + 3) {
        write(&connection, [(first + n, keys(&[(mark::RULE, n % 5)]))]);
    }
    assert_eq!(sizes(&connection), [64, 1, 1, 1]);
    for n in 67..(FULL as i64 + 70) {
        write(&connection, [(first + n, keys(&[(mark::RULE, n % 5)]))]);
    }
    assert_eq!(sizes(&connection), [FULL, 64, 1, 1, 1, 1, 1, 1]);
    let expected: Vec<i64> = (0..FULL as i64 + 70).filter(|n| n % 5 == 3).collect();
    let found = found(&connection, mark::of_name(mark::RULE, 3));
    assert_eq!(
        found.iter().map(|id| id - first).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn a_segment_holds_messages_of_one_day_only() {
    let connection = connection();
    let rule = |n: i64| (schema::first_id(NOON) + n, keys(&[(mark::RULE, 1)]));
    let midnight = (DAY / 2) << schema::SEQUENCE_BITS;
    write(&connection, [rule(0)]);
    write(&connection, [rule(1)]);
    write(
        &connection,
        [
            rule(2),
            rule(midnight - 1),
            rule(midnight),
            rule(midnight + 1),
        ],
    );
    write(&connection, [rule(midnight + 2)]);
    assert_eq!(sizes(&connection), [4, 2, 1]);
    assert_eq!(found(&connection, mark::of_name(mark::RULE, 1)).len(), 7);
    // A day without messages between.
    write(&connection, [rule(midnight * 5)]);
    assert_eq!(sizes(&connection), [4, 3, 1]);
}

#[test]
fn many_messages_at_once_are_divided() {
    let connection = connection();
    let first = schema::first_id(NOON);
    let many = (0..10_000).map(|n| (first + n, keys(&[(mark::RULE, n % 3), (mark::SKIP, n)])));
    write(&connection, many);
    assert_eq!(sizes(&connection), [4_096, 4_096, 1_808]);
    assert_eq!(
        found(&connection, mark::of_name(mark::RULE, 0)).len(),
        3_334
    );
    assert_eq!(
        found(&connection, mark::of_name(mark::SKIP, 9_999)),
        [first + 9_999]
    );
    assert!(found(&connection, mark::of_name(mark::SKIP, 10_000)).is_empty());
}

#[test]
fn what_is_removed_is_not_found_and_the_rest_is() {
    let connection = connection();
    let first = schema::first_id(NOON);
    let both = || keys(&[(mark::RULE, 1), (mark::SKIP, 7)]);
    write(&connection, (0..3_000).map(|n| (first + n, both())));
    let (rule, skip) = (mark::of_name(mark::RULE, 1), mark::of_name(mark::SKIP, 7));
    // The first mark of all, and one that is not there.
    remove(&connection, first, &[skip, skip + 1]).unwrap();
    remove(&connection, first + 1_500, &[skip]).unwrap();
    remove(&connection, first + 5_000, &[skip]).unwrap();
    let left = found(&connection, skip);
    assert_eq!(left.len(), 2_998);
    assert!(!left.contains(&first) && !left.contains(&(first + 1_500)));
    assert_eq!(found(&connection, rule).len(), 3_000);
}
