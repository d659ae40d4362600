//! `docs/seal-api.md` decides on every public function of SEAL: read beside the list of them and our sources.

use std::collections::BTreeSet;

use crate::kit::sources::public_items;

/// `function` or `class::function`, and `class::` for the class itself; `make bindings` writes it, `make bindings-check`
/// holds it to SEAL's headers.
const FUNCTIONS: &str = include_str!("seal_functions.txt");

/// A row of the table.
struct Row {
    class: String,
    names: Vec<String>,
    here: Vec<String>,
    reason: String,
}

/// The heading for free functions, and that for classes and enumerations that have none.
const FREE: &str = "Free functions";
const TYPES: &str = "Types without functions";

#[test]
fn every_public_function_is_decided() {
    let (listed, declared) = (listed(), FUNCTIONS.lines().map(str::to_owned).collect::<BTreeSet<_>>());
    let missing: Vec<_> = declared.difference(&listed).collect();
    assert!(missing.is_empty(), "docs/seal-api.md says nothing of {missing:?}");
    let invented: Vec<_> = listed.difference(&declared).collect();
    assert!(invented.is_empty(), "SEAL does not have {invented:?}");
}

#[test]
fn every_row_has_a_name_or_a_reason() {
    for row in rows() {
        assert!(!row.names.is_empty(), "{}: a row without a name of SEAL", row.class);
        assert!(row.here.is_empty() != row.reason.is_empty(), "{}: {:?}", row.class, row.names);
    }
}

#[test]
fn every_name_of_ours_exists() {
    let here: BTreeSet<String> = rows().into_iter().flat_map(|row| row.here).collect();
    assert!(here.len() > 100, "{}", here.len());
    let ours = ours();
    let invented: Vec<&String> = here.difference(&ours).collect();
    assert!(invented.is_empty(), "the crate does not have {invented:?}");
}

/// What the page may name: public items, those of BFV and BGV below `integer`, and traits of the standard library.
fn ours() -> BTreeSet<String> {
    // What becomes bytes has its methods there, `Bytes` and containers among them.
    let folders = ["src/seal", "src/seal/common", "src/seal/bytes", "src/seal/publish", "src/error", "src/error/seal"];
    let names = folders.iter().flat_map(|folder| public_items(folder)).map(|item| item.name);
    let integer = ["src/seal/integer", "src/seal/common", "src/seal/bytes"].map(public_items).into_iter().flatten();
    let integer = integer.map(|item| format!("integer::{}", item.name));
    names.chain(integer).chain(["Clone", "PartialEq"].map(str::to_owned)).collect()
}

/// The names of SEAL that the page has.
fn listed() -> BTreeSet<String> {
    let mut listed = BTreeSet::new();
    for Row { class, names, .. } in rows() {
        match class.as_str() {
            TYPES => listed.extend(names.iter().map(|name| format!("{name}::"))),
            FREE => listed.extend(names),
            _ => {
                listed.extend(names.iter().map(|name| format!("{class}::{name}")));
                listed.insert(format!("{class}::"));
            }
        }
    }
    listed
}

fn rows() -> Vec<Row> {
    let mut class = String::new();
    let mut rows = Vec::new();
    for line in include_str!("../../docs/seal-api.md").lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            class = heading.trim_matches('`').to_owned();
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", names, here, reason, ""] = cells[..]
            && names.starts_with('`')
        {
            let class = class.clone();
            rows.push(Row { class, names: quoted(names), here: quoted(here), reason: reason.to_owned() });
        }
    }
    rows
}

/// What stands between backquotes.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
