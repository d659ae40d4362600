//! Tables of misuse: what each operation refuses, and what the sources have that a table must name.

use std::{collections::BTreeSet, fmt::Debug};

use crate::kit::sources::public_items;
use seal_nn::SealError;

/// Asserts that a result is a certain refusal.
macro_rules! refused {
    ($result:expr, $pattern:pat $(if $guard:expr)?) => {
        match $result {
            Err($pattern) $(if $guard)? => {}
            Err(other) => panic!("another refusal: {other}"),
            Ok(_) => panic!("not refused: {}", stringify!($result)),
        }
    };
}

/// An operation, and the misuses that it refuses, each with the variant of the refusal; it has nothing against others.
pub struct Row<Kit, Operands, Misuse> {
    pub name: &'static str,
    pub run: fn(&Kit, &Operands) -> Result<(), SealError>,
    pub refused: Vec<(Misuse, &'static str)>,
}

/// A row whose call may have any result: `row!(name, kit, operands, call, Refusal: Misuse Misuse, Refusal: Misuse)`.
macro_rules! row {
    ($name:literal, $kit:ident, $operands:ident, $call:expr $(, $refusal:ident: $($misuse:ident)+)*) => {
        $crate::refusals_kit::Row {
            name: $name,
            run: |$kit, $operands| $call.map(|_| ()),
            refused: vec![$($(($misuse, {
                // There is such a variant.
                let _ = |error: &seal_nn::SealError| matches!(error, seal_nn::SealError::$refusal { .. });
                stringify!($refusal)
            })),+),*],
        }
    };
}

/// Runs every operation with the right operands and with every misuse.
pub fn check<Kit, Operands, Misuse: Copy + Debug + PartialEq>(
    table: &[Row<Kit, Operands, Misuse>],
    kit: &Kit,
    right: &Operands,
    wrong: &[(Misuse, Operands)],
) {
    let mut differences = Vec::new();
    for Row { name, run, refused } in table {
        if let Err(error) = run(kit, right) {
            differences.push(format!("{name} refuses the right operands: {error:?}"));
        }
        let known = |misuse: &Misuse| wrong.iter().any(|(known, _)| known == misuse);
        assert!(refused.iter().all(|(misuse, _)| known(misuse)), "{name}: a misuse without operands");
        for (misuse, operands) in wrong {
            let expected =
                refused.iter().find(|(refused, _)| refused == misuse).map(|(_, refusal)| (*refusal).to_owned());
            let actual = run(kit, operands).err().map(|error| variant(&error));
            if actual != expected {
                differences.push(format!("{name}, {misuse:?}: {actual:?}, not {expected:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The name of the variant.
fn variant(error: &SealError) -> String {
    format!("{error:?}").split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}

/// Every public function in the sources, folders and files, that can fail has a row, or is named in `elsewhere`; and
/// every name there is needed. A star stands for any text.
pub fn check_completeness<'a>(sources: &[&str], rows: impl Iterator<Item = &'a str>, elsewhere: &[(&str, &str)]) {
    let items = sources.iter().flat_map(|source| public_items(source));
    let found: BTreeSet<String> = items.filter(|item| item.is_fallible).map(|item| item.name).collect();
    assert!(found.len() > 50, "the reader of sources sees {found:?}");
    let named: BTreeSet<&str> = rows.filter_map(|name| name.split(',').next()).collect();
    let is = |pattern: &str, name: &str| match pattern.split_once('*') {
        Some((start, end)) => name.starts_with(start) && name.ends_with(end),
        None => name == pattern,
    };
    let missing: Vec<&String> = found
        .iter()
        .filter(|name| !named.contains(name.as_str()) && !elsewhere.iter().any(|(pattern, _)| is(pattern, name)))
        .collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
    let invented: Vec<&&str> = named.iter().filter(|name| !found.contains(**name)).collect();
    assert!(invented.is_empty(), "rows for what is not there: {invented:?}");
    let needless = |pattern: &str| !found.iter().any(|name| is(pattern, name) && !named.contains(name.as_str()));
    let needless: Vec<_> = elsewhere.iter().filter(|(pattern, _)| needless(pattern)).collect();
    assert!(needless.is_empty(), "excused without need: {needless:?}");
}
