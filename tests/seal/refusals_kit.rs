//! Tables of misuse: operations by misuses, a letter for each refusal, and what the sources have that a table must name.

use std::{collections::BTreeSet, fs, path::Path};

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

/// An operation, and its answer to each misuse in their order: a letter of [`VARIANTS`], or a dot where it has nothing
/// against it. Blanks only group.
pub struct Row<Kit, Operands> {
    pub name: &'static str,
    pub answers: &'static str,
    pub run: fn(&Kit, &Operands) -> Result<(), SealError>,
}

/// A row whose call may have any result.
macro_rules! row {
    ($name:literal, $answers:literal, $kit:ident, $operands:ident, $call:expr) => {
        $crate::refusals_kit::Row { name: $name, answers: $answers, run: |$kit, $operands| $call.map(|_| ()) }
    };
}

/// Runs every operation with the right operands and with every misuse.
pub fn check<Kit, Operands>(table: &[Row<Kit, Operands>], kit: &Kit, right: &Operands, wrong: &[(&str, Operands)]) {
    let mut differences = Vec::new();
    for Row { name, answers, run } in table {
        let answers: Vec<char> = answers.chars().filter(|c| *c != ' ').collect();
        assert_eq!(answers.len(), wrong.len(), "{name}");
        let tries = [("nothing", right)].into_iter().chain(wrong.iter().map(|(misuse, operands)| (*misuse, operands)));
        for ((misuse, operands), letter) in tries.zip(['.'].into_iter().chain(answers)) {
            let (expected, actual) = (variant_of(letter), variant(&run(kit, operands)));
            if actual != expected {
                differences.push(format!("{name}, {misuse}: {actual}, not {expected}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

const VARIANTS: [(char, &str); 29] = [
    ('.', "no refusal"),
    ('A', "NoBatching"),
    ('B', "ScaleTooLarge"),
    ('C', "Components"),
    ('D', "TooManyCoefficients"),
    ('E', "EmptySum"),
    ('F', "ForeignContext"),
    ('G', "MissingGaloisKey"),
    ('H', "LevelTooHigh"),
    ('I', "InvalidScale"),
    ('J', "MissingConjugationKey"),
    ('K', "KeyLevel"),
    ('L', "LevelMismatch"),
    ('M', "TooManyValues"),
    ('N', "NotFinite"),
    ('O', "OutOfLevels"),
    ('P', "EmptyProduct"),
    ('Q', "MissingRelinKey"),
    ('R', "LevelRaise"),
    ('S', "ScaleMismatch"),
    ('T', "Transparent"),
    ('U', "MissingColumnKey"),
    ('V', "ValuesTooLarge"),
    ('W', "NoKeySwitching"),
    ('X', "NotAGaloisElement"),
    ('Y', "MissingGaloisElement"),
    ('Z', "ValueOutOfRange"),
    ('x', "NotAPolynomial"),
    ('y', "OtherPlaintext"),
];

fn variant_of(letter: char) -> &'static str {
    VARIANTS.iter().find(|(known, _)| *known == letter).unwrap_or_else(|| panic!("no letter {letter}")).1
}

/// The name of the variant.
fn variant(result: &Result<(), SealError>) -> String {
    match result {
        Ok(()) => variant_of('.').to_owned(),
        Err(error) => format!("{error:?}").split([' ', '{', '(']).next().unwrap_or_default().to_owned(),
    }
}

/// Every public function in the sources, folders and files, that can fail has a row, or is named in `elsewhere`; and every
/// name there is needed. A star stands for any text.
pub fn check_completeness<'a>(sources: &[&str], rows: impl Iterator<Item = &'a str>, elsewhere: &[(&str, &str)]) {
    let found: BTreeSet<String> = sources.iter().flat_map(|source| fallible(source)).collect();
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

/// The public functions that return a `Result`, as "Type::function", of a file or of those in a folder itself.
fn fallible(source: &str) -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let files: Vec<_> = match source.is_dir() {
        true => fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()).collect(),
        false => vec![source],
    };
    let files = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.flat_map(|file| fallible_in(&fs::read_to_string(file).unwrap())).collect()
}

/// Those in a text that is laid out as rustfmt does it.
fn fallible_in(text: &str) -> Vec<String> {
    let (mut found, mut of) = (Vec::new(), String::new());
    for (at, _) in text.match_indices('\n') {
        let line = &text[at + 1..];
        if let Some(rest) = line.strip_prefix("impl") {
            of = type_of(rest);
            continue;
        }
        let (method, function) = (line.strip_prefix("    pub fn "), line.strip_prefix("pub fn "));
        let Some(rest) = method.or(function) else { continue };
        let (name, signature) = (rest.split(['(', '<']).next().unwrap(), rest.split('{').next().unwrap());
        if signature.contains("-> Result<") {
            found.push(if method.is_some() { format!("{of}::{name}") } else { name.to_owned() });
        }
    }
    found
}

/// "Evaluator" of "<S: IntegerScheme> Evaluator<S> {".
fn type_of(header: &str) -> String {
    let after_generics = match header.starts_with('<') {
        true => header.split_once("> ").map_or("", |(_, rest)| rest),
        false => header,
    };
    after_generics.trim_start().chars().take_while(|c| c.is_alphanumeric()).collect()
}
