//! The layers of the design hold: an arrow never turns back, and the modules
//! that `clean` joins do not know each other.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each module with all that it may use, lowest first.
const MAY_USE: &[(&str, &[&str])] = &[
    ("edit", &[]),
    ("limits", &["skip"]),
    ("sighting", &[]),
    ("skip", &[]),
    ("visible", &[]),
    ("url", &["limits"]),
    ("allow", &["url", "visible"]),
    ("message", &["edit", "limits", "skip", "url"]),
    ("html", &["edit", "limits", "sighting", "skip", "url"]),
    ("text", &["edit", "limits", "sighting", "skip", "url"]),
    ("rules", &["limits", "skip", "url"]),
    (
        "judge",
        &["allow", "limits", "rules", "sighting", "skip", "url"],
    ),
    (
        "clean",
        &[
            "allow", "edit", "html", "judge", "limits", "message", "rules", "sighting", "skip",
            "text", "url",
        ],
    ),
    (
        "telemetry",
        &[
            "clean", "judge", "limits", "message", "rules", "sighting", "skip", "url", "visible",
        ],
    ),
    (
        "milter",
        &[
            "allow",
            "clean",
            "judge",
            "limits",
            "message",
            "rules",
            "sighting",
            "skip",
            "telemetry",
            "url",
            "visible",
        ],
    ),
    (
        "metrics",
        &["judge", "milter", "rules", "sighting", "skip", "telemetry"],
    ),
    (
        "config",
        &[
            "clean",
            "judge",
            "limits",
            "milter",
            "rules",
            "skip",
            "telemetry",
        ],
    ),
    (
        "review",
        &[
            "allow",
            "config",
            "judge",
            "message",
            "rules",
            "sighting",
            "skip",
            "telemetry",
            "url",
            "visible",
        ],
    ),
    (
        "cli",
        &[
            "allow",
            "clean",
            "config",
            "edit",
            "html",
            "judge",
            "limits",
            "message",
            "metrics",
            "milter",
            "review",
            "rules",
            "sighting",
            "skip",
            "telemetry",
            "url",
            "visible",
        ],
    ),
];

#[test]
fn no_module_uses_one_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 20, "only {} files found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let module = inside.components().next().unwrap().as_os_str();
        let module = module.to_str().unwrap().trim_end_matches(".rs");
        if matches!(module, "lib" | "main") {
            continue;
        }
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("{module} has no place in the layers: add it here"));
        for used in used_modules(&fs::read_to_string(&file).unwrap()) {
            if used != module && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_milter_knows_indymilter() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    for file in files.iter().filter(|f| !f.starts_with(src.join("milter"))) {
        let text = code_of(&fs::read_to_string(file).unwrap());
        assert!(!text.contains("indymilter::"), "{}", file.display());
    }
}

#[test]
fn a_wrong_arrow_would_be_seen() {
    let text = "use crate::{\n    edit::{self, Edit},\n    html::Scan,\n};\n// crate::cli\nlet x = crate::rules::X;";
    assert_eq!(used_modules(text), ["edit", "html", "rules"]);
}

/// The modules after each `crate::` in code, comments left out.
fn used_modules(text: &str) -> Vec<String> {
    let code = code_of(text);
    let mut used = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        let rest = &code[at + found.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0usize;
            let mut name = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' | ':' if depth == 0 => {
                        used.push(std::mem::take(&mut name));
                    }
                    c if depth == 0 && (c.is_alphanumeric() || c == '_') => name.push(c),
                    _ => {}
                }
            }
            used.push(name);
        } else {
            used.push(
                rest.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    let known = |name: &String| MAY_USE.iter().any(|(m, _)| m == name);
    used.retain(known);
    used.sort();
    used.dedup();
    used
}

fn code_of(text: &str) -> String {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}
