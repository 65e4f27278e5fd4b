-- What a program of version 1 may have stored, for the test of the migration.
INSERT INTO disposition VALUES (1, 'changed');
INSERT INTO domain VALUES (1, 'sender.example'), (2, 'example.com'), (3, 't.example');
INSERT INTO version VALUES (1, 'rules'), (2, '0.1.0');
INSERT INTO vector VALUES (1, 'img-src'), (2, 'a-href');
INSERT INTO action VALUES (1, 'neutralize'), (2, 'unwrap'), (3, 'keep');
INSERT INTO rule VALUES (1, 'open'), (2, 'click'), (3, 'inner');
INSERT INTO tells VALUES (1, 'campaign recipient');
INSERT INTO tracker VALUES (1, 't.example');
INSERT INTO message (id, at, disposition, privacy, queue_id, client, sender_domain, recipients,
    size_before, size_after, duration_us, parts, html_parts, lenient_html, neutralized, removed,
    unwrapped, kept, opaque, unlisted, skips, rules_version, app_version)
VALUES
    (4096000, 1000, 1, 'pseudonym', 'Q1', NULL, 1, 0, 9, 8, 7, 1, 1, 0, 1, 0, 1, 0, 0, 0, NULL,
     1, 2),
    (1795262400000 * 4096, 1795262400000, 1, 'pseudonym', 'Q2', '192.0.2.0/24', 1, 2, 9, 8, 7,
     1, 1, 0, 1, 0, 1, 0, 0, 0, 'charset:2 signed:1', 1, 2),
    (1795262400000 * 4096 + 1, 1795262400000, 1, 'full', 'Q3', '192.0.2.0/24', 1, 1, 9, 8, 7, 1,
     1, 0, 1, 0, 1, 0, 0, 0, NULL, 1, 2);
INSERT INTO recipient VALUES
    (1795262400000 * 4096, 0, 'r_a', 2), (1795262400000 * 4096, 1, 'r_b', 2),
    (1795262400000 * 4096 + 1, 0, 'r_a', 2);
INSERT INTO finding (id, part, vector, action, opaque, rule, inner_rules, tells, tracker,
    tracker_domain, score, evidence, count, url)
VALUES
    (1795262400000 * 4194304, '1', 1, 1, 0, 1, NULL, 1, 1, 3, 40, 'size:40', 1,
     'https://t.example/p'),
    (1795262400000 * 4194304 + 1, '1', 2, 2, 0, 2, ' inner other ', NULL, 1, 3, 9, 'rule:9', 2,
     'https://c.example/'),
    ((1795262400000 * 4096 + 1) * 1024, '1', 2, 3, 1, 2, NULL, NULL, 1, 3, 9, 'rule:9', 1,
     'https://c.example/');
INSERT INTO rollup_daily VALUES (20778, 'disposition', 'changed', '', 0, 3);
