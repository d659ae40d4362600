//! `docs/seal-api.md` decides on every public function of SEAL: read beside SEAL's headers and our sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::cpp_source::{Declared, public_declarations};

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

/// Marks what other trees of SEAL need not have.
const CARRIER_ONLY: &str = "only in the carrier's tree";

#[test]
fn every_public_function_is_decided() {
    if !is_4_0() {
        return;
    }
    let listed = listed(&rows());
    let missing: Vec<_> = declared().into_iter().filter(|name| !listed.contains(name)).collect();
    assert!(missing.is_empty(), "docs/seal-api.md says nothing of {missing:?}");
}

#[test]
fn every_name_of_seal_exists() {
    if !is_4_0() {
        return;
    }
    let declared = declared();
    let mut rows = rows();
    rows.retain(|row| !row.reason.starts_with(CARRIER_ONLY));
    let invented: Vec<_> = listed(&rows).into_iter().filter(|name| !declared.contains(name)).collect();
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
    let invented: Vec<&String> = here.iter().filter(|name| !is_ours(name)).collect();
    assert!(invented.is_empty(), "the crate does not have {invented:?}");
}

/// If the reader of headers, of the table or of the sources saw nothing, the tests above would pass too.
#[test]
fn the_readers_see() {
    let declared = declared();
    assert!(declared.len() > 350, "{}", declared.len());
    for (class, function) in [
        ("Evaluator", "multiply_many"),
        ("Plaintext", "to_string"),
        ("SEALContext::ContextData", "chain_index"),
        ("KSwitchKeys", "KSwitchKeys"),
        ("MemoryPoolHandle", "operator bool"),
        ("", "is_valid_for"),
        ("scheme_type", ""),
    ] {
        assert!(declared.contains(&(class.to_owned(), function.to_owned())), "{class}::{function}");
    }
    assert!(
        is_ours("Evaluator::rotate") && is_ours("integer::CoeffModulus::Bits") && is_ours("SealError::Transparent")
    );
    for name in ["Evaluator::rotate_rows", "integer::Evaluator::rotate", "integer::CoeffModulus::Bit", "Nothing"] {
        assert!(!is_ours(name), "{name}");
    }
}

fn declared() -> Declared {
    public_declarations(Path::new(env!("SEAL_NN_SEAL_INCLUDE")))
}

/// The table is about 4.0, the version that is built by default; others have more.
fn is_4_0() -> bool {
    env!("SEAL_NN_SEAL_VERSION").starts_with("4.0.")
}

fn listed(rows: &[Row]) -> Declared {
    let mut listed = Declared::new();
    for row in rows {
        for name in &row.names {
            listed.insert(match row.class.as_str() {
                TYPES => (name.clone(), String::new()),
                FREE => (String::new(), name.clone()),
                class => (class.to_owned(), name.clone()),
            });
        }
        if ![TYPES, FREE].contains(&row.class.as_str()) {
            listed.insert((row.class.clone(), String::new()));
        }
    }
    listed
}

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/seal-api.md");
    let mut class = String::new();
    let mut rows = Vec::new();
    for line in fs::read_to_string(path).unwrap().lines() {
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

/// `Type`, `Type::function`, `Type::Variant`, below `integer` or not, or a trait of the standard library.
fn is_ours(name: &str) -> bool {
    if ["Clone", "PartialEq"].contains(&name) {
        return true;
    }
    let (folder, name) = match name.strip_prefix("integer::") {
        Some(name) => ("src/seal/integer", name),
        None if name.starts_with("SealError") => ("src/error", name),
        None if name == "ParameterRefusal" => ("src/error/seal", name),
        None => ("src/seal", name),
    };
    // What becomes bytes has its methods there, `Bytes` and containers among them.
    let mut sources = sources(folder);
    if folder.starts_with("src/seal") {
        sources.extend(self::sources("src/seal/common"));
    }
    if folder == "src/seal" {
        sources.extend(self::sources("src/seal/bytes"));
    }
    let (kind, item) = name.split_once("::").unwrap_or((name, ""));
    sources.iter().any(|text| match item.chars().next() {
        None => defines(text, kind),
        Some(first) if first.is_uppercase() => defines(text, kind) && lines_start(text, item),
        Some(_) => {
            let starts = |line: &str| line.starts_with("impl") || line.starts_with("pub trait");
            let of_kind = |line: &str| starts(line) && words(line).any(|word| word == kind);
            // A trait's functions are as public as the trait.
            let public = if defines_trait(text, kind) { "" } else { "pub " };
            text.lines().any(of_kind)
                && ["(", "<"].iter().any(|end| text.contains(&format!("    {public}fn {item}{end}")))
        }
    })
}

fn defines_trait(text: &str, name: &str) -> bool {
    text.lines().any(|line| line.starts_with(&format!("pub trait {name}:")))
}

fn defines(text: &str, kind: &str) -> bool {
    ["struct", "enum", "trait", "type"].iter().any(|keyword| {
        text.lines().any(|line| line.starts_with(&format!("pub {keyword} ")) && words(line).any(|word| word == kind))
    })
}

/// A variant stands at the start of its line.
fn lines_start(text: &str, variant: &str) -> bool {
    text.lines().any(|line| words(line).next() == Some(variant) && line.starts_with("    "))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fn sources(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap()).collect()
}
