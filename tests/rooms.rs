//! The rooms of the crate and who may call whom: reads the sources and fails on an arrow that is not allowed.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// What the code of each room may use. `LEAVES` come on top.
const ALLOWED: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "cluster",
            "model",
            "net",
            "protocol",
            "program",
            "nn",
            "bootstrap",
            "backend",
            "data",
            "report",
            "seal",
            "text",
        ],
    ),
    ("model", &["protocol", "nn", "data", "report"]),
    // Bytes of the programs of `protocol`, whatever they are.
    ("net", &["protocol", "backend", "seal"]),
    // Their commands too.
    ("cluster", &["protocol", "program", "backend", "seal", "ffi"]),
    ("protocol", &["nn", "program", "packing", "bootstrap", "backend", "seal"]),
    ("nn", &["program", "packing", "backend"]),
    ("program", &["bootstrap", "backend"]),
    ("bootstrap", &["backend"]),
    ("packing", &["backend"]),
    ("backend", &[]),
    ("seal", &["ffi"]),
    ("ffi", &[]),
    ("data", &[]),
    ("report", &[]),
    // For the checkpoint's own head.
    ("text", &["nn"]),
    ("error", &["units"]),
    ("files", &[]),
    ("parallel", &["error"]),
    ("private", &[]),
    ("units", &[]),
    // The crate's root, which only declares and re-exports; the rooms of its prelude.
    ("lib", &["backend", "nn", "program", "seal"]),
];

/// What single files may use beyond their room.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("backend/cost_model/messages.rs", "seal"),
    ("backend/seal.rs", "seal"),
    ("backend/evaluation_keys.rs", "seal"),
    ("bootstrap/keys.rs", "seal"),
    ("bootstrap/seal.rs", "seal"),
];

/// Rooms that every room above them may use.
const LEAVES: &[&str] = &["error", "files", "units", "parallel", "private"];

/// Where the names that the crate's root exports live.
const ROOT_NAMES: &[(&str, &str)] = &[
    ("Argument", "error"),
    ("ArgumentError", "error"),
    ("BootstrapError", "error"),
    ("Cause", "error"),
    ("CertificateError", "error"),
    ("CheckpointError", "error"),
    ("ClusterError", "error"),
    ("CheckpointProblem", "error"),
    ("CircuitError", "error"),
    ("CsvError", "error"),
    ("CsvProblem", "error"),
    ("DataError", "error"),
    ("Error", "error"),
    ("LayoutRemedy", "error"),
    ("MessageError", "error"),
    ("ModelError", "error"),
    ("ModelProblem", "error"),
    ("NetError", "error"),
    ("PackingError", "error"),
    ("Refusal", "error"),
    ("RequestError", "error"),
    ("Result", "error"),
    ("SealError", "error"),
    ("SessionError", "error"),
    ("SetupError", "error"),
    ("TextError", "error"),
    ("Level", "units"),
    ("Rotation", "units"),
    ("Private", "private"),
    // A macro.
    ("record", "program"),
];

/// Rooms that must not know that SEAL exists.
const BLIND_TO_SEAL: &[&str] = &["nn", "program", "packing"];

#[test]
fn every_arrow_is_allowed() {
    let wrong: Vec<String> = sources().iter().flat_map(|(file, text)| forbidden_arrows(file, text)).collect();
    assert!(wrong.is_empty(), "arrows that DESIGN does not allow:\n{}", wrong.join("\n"));
}

#[test]
fn packing_and_nn_never_name_seal() {
    let wrong: Vec<String> = sources().iter().flat_map(|(file, text)| names_of_seal(file, text)).collect();
    assert!(wrong.is_empty(), "SEAL is named in a room that is generic over backends:\n{}", wrong.join("\n"));
}

#[test]
fn only_ffi_is_unsafe() {
    let wrong: Vec<String> = sources().iter().flat_map(|(file, text)| unsafe_code(file, text)).collect();
    assert!(wrong.is_empty(), "unsafe code outside src/ffi:\n{}", wrong.join("\n"));
}

/// If the parser saw nothing, the test above would pass too.
#[test]
fn the_known_arrows_are_seen() {
    let mut seen = BTreeSet::new();
    for (file, text) in &sources() {
        seen.extend(arrows(file, text).into_iter().map(|arrow| (room_of(file).to_owned(), arrow.room)));
    }
    for (from, to) in [
        ("cli", "protocol"),
        ("model", "protocol"),
        ("net", "protocol"),
        ("cluster", "protocol"),
        ("cluster", "ffi"),
        ("protocol", "nn"),
        ("nn", "packing"),
        ("nn", "backend"),
        ("packing", "backend"),
        ("program", "bootstrap"),
        ("bootstrap", "backend"),
        ("backend", "seal"),
        ("seal", "ffi"),
        ("error", "units"),
        ("data", "error"),
        ("report", "error"),
        ("text", "nn"),
    ] {
        assert!(seen.contains(&(from.to_owned(), to.to_owned())), "{from} > {to} was not found in the sources");
    }
}

/// Every source file with its path below src/.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let below = |file: &Path| file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|file| (below(file), fs::read_to_string(file).unwrap())).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The room of a file: the first folder or file below src/.
fn room_of(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    first.strip_suffix(".rs").unwrap_or(first)
}

fn may_use(file: &str, to: &str) -> bool {
    let from = room_of(file);
    // A room that nobody has given a place may use nothing, not even itself.
    let Some((_, allowed)) = ALLOWED.iter().find(|(room, _)| *room == from) else { return false };
    from == to
        || allowed.contains(&to)
        || (LEAVES.contains(&to) && !LEAVES.contains(&from))
        || EXCEPTIONS.contains(&(file, to))
}

fn forbidden_arrows(file: &str, text: &str) -> Vec<String> {
    let wrong = arrows(file, text).into_iter().filter(|arrow| !may_use(file, &arrow.room));
    wrong.map(|Arrow { line, room, path }| format!("src/{file}:{line}: {} > {room} ({path})", room_of(file))).collect()
}

fn names_of_seal(file: &str, text: &str) -> Vec<String> {
    if !BLIND_TO_SEAL.contains(&room_of(file)) {
        return Vec::new();
    }
    let names_it = |word: &str| word == "seal" || word.contains("Seal") || word.contains("SEAL");
    let found = words(parsed(file, text)).into_iter().filter(|word| names_it(&word.to_string()));
    found.map(|word| format!("src/{file}:{}: {word}", line_of(&word))).collect()
}

fn unsafe_code(file: &str, text: &str) -> Vec<String> {
    if room_of(file) == "ffi" {
        return Vec::new();
    }
    let found = words(parsed(file, text)).into_iter().filter(|word| word == "unsafe");
    found.map(|word| format!("src/{file}:{}", line_of(&word))).collect()
}

/// Tokens, not syntax: what is in the arguments of a macro counts like all else.
fn parsed(file: &str, text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("src/{file}: {error}"))
}

fn line_of(word: &Ident) -> usize {
    word.span().start().line
}

/// All words of the code, at any depth.
fn words(tokens: TokenStream) -> Vec<Ident> {
    let words = |token| match token {
        TokenTree::Ident(word) => vec![word],
        TokenTree::Group(group) => words(group.stream()),
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(words).collect()
}

/// One use of a room by a file.
struct Arrow {
    line: usize,
    room: String,
    path: String,
}

/// Every path of a file that starts at the crate's root, wherever it stands: in a `use`, nested braces included, in
/// an expression, in a test module.
fn arrows(file: &str, text: &str) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    find_arrows(parsed(file, text), module_depth(file), &mut arrows);
    arrows
}

fn find_arrows(tokens: TokenStream, depth: usize, arrows: &mut Vec<Arrow>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let (before, rest) = tokens.split_at(at);
        match token {
            TokenTree::Group(group) if is_visibility(group.stream(), group.delimiter()) => {}
            TokenTree::Group(group) => {
                let is_module = matches!(before, [.., TokenTree::Ident(word), _] if word == "mod");
                find_arrows(group.stream(), depth + usize::from(is_module), arrows);
            }
            // In the middle of a path.
            TokenTree::Ident(_) if matches!(before, [.., first, second] if is_colon(first) && is_colon(second)) => {}
            TokenTree::Ident(word) if ["crate", "seal_nn", "self", "super"].iter().any(|start| word == start) => {
                for path in paths(rest) {
                    let room = room_reached(&path, depth);
                    arrows.extend(room.map(|room| Arrow { line: line_of(word), room, path: path.join("::") }));
                }
            }
            _ => {}
        }
    }
}

/// The parentheses of `pub(crate)` and its like.
fn is_visibility(tokens: TokenStream, delimiter: Delimiter) -> bool {
    let word = tokens.to_string();
    delimiter == Delimiter::Parenthesis && (word == "crate" || word == "super")
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(sign) if sign.as_char() == ':')
}

/// The paths that start at the first of the tokens: one, or those of all branches of a brace list.
fn paths(tokens: &[TokenTree]) -> Vec<Vec<String>> {
    match tokens {
        [TokenTree::Ident(word), first, second, rest @ ..] if is_colon(first) && is_colon(second) => {
            paths(rest).into_iter().map(|path| [vec![word.to_string()], path].concat()).collect()
        }
        [TokenTree::Ident(word), ..] => vec![vec![word.to_string()]],
        [TokenTree::Punct(sign), ..] if sign.as_char() == '*' => vec![vec!["*".to_owned()]],
        [TokenTree::Group(list), ..] if list.delimiter() == Delimiter::Brace => {
            let members: Vec<TokenTree> = list.stream().into_iter().collect();
            let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',');
            members.split(is_comma).filter(|member| !member.is_empty()).flat_map(paths).collect()
        }
        // The arguments of a type.
        _ => vec![Vec::new()],
    }
}

/// Modules between the crate's root and the file's items.
fn module_depth(file: &str) -> usize {
    let module = file.strip_suffix(".rs").unwrap_or(file);
    let module = module.strip_suffix("/mod").unwrap_or(module);
    if ["lib", "main"].contains(&module) { 0 } else { module.split('/').count() }
}

/// The room that a path names when it starts at the root, as `crate::room` or by as many `super` as there are modules.
fn room_reached(path: &[String], depth: usize) -> Option<String> {
    let path: Vec<&str> = path.iter().map(String::as_str).skip_while(|part| *part == "self").collect();
    let climbed = path.iter().take_while(|part| **part == "super").count();
    let from_root = match path.first() {
        Some(&("crate" | "seal_nn")) => &path[1..],
        Some(&"super") if climbed >= depth => &path[climbed..],
        _ => return None,
    };
    // `crate` alone, as in `use crate as everything`, gives a name to all rooms.
    let first = *from_root.iter().find(|part| **part != "self").unwrap_or(&"*");
    let home = ROOT_NAMES.iter().find(|(name, _)| *name == first);
    Some(home.map_or(first, |(_, room)| room).to_owned())
}

fn rooms(file: &str, text: &str) -> Vec<String> {
    arrows(file, text).into_iter().map(|arrow| arrow.room).collect()
}

#[test]
fn the_parser_finds_arrows_in_all_forms() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("nn/plan.rs", "use crate::backend::Chain;", &["backend"]),
        ("nn/plan.rs", "use crate::{Level, backend::{Chain, Circuit}};", &["units", "backend", "backend"]),
        (
            "nn/plan.rs",
            "use crate::{\n    packing::{\n        a::{B, C},\n    },\n    seal,\n};",
            &["packing", "packing", "seal"],
        ),
        ("nn/plan.rs", "pub(crate) use crate::{self as all, nn};", &["*", "nn"]),
        ("nn/plan.rs", "use crate as all;", &["*"]),
        ("nn/plan.rs", "use crate::*;", &["*"]),
        ("nn/plan.rs", "fn f() -> crate::seal::Key { crate::Error::X { a: 1 } }", &["seal", "error"]),
        ("nn/plan.rs", "#[cfg(test)] mod tests { use crate::data::DataSet; }", &["data"]),
        ("cli/plan.rs", "use seal_nn::{Result, report::{self, Table}};", &["error", "report", "report"]),
        // Climbing to the root is an arrow too, and climbing less is none.
        ("nn/mod.rs", "use super::seal::Key;", &["seal"]),
        ("nn/mod.rs", "use super::{seal::Key, data};", &["seal", "data"]),
        ("nn/plan.rs", "use super::super::seal::Key;", &["seal"]),
        ("nn/plan.rs", "use self::super::super::seal::Key;", &["seal"]),
        ("nn/plan.rs", "use super::Batch;", &[]),
        ("nn/plan.rs", "mod tests { use super::super::merged; }", &[]),
        ("nn/plan.rs", "mod tests { use super::*; } use super::super::data;", &["data"]),
        ("private.rs", "mod tests { use super::*; }", &[]),
        ("nn/mod.rs", "pub(crate) mod a; pub(super) fn f(&self) { self.x(); }", &[]),
        ("nn/mod.rs", "pub(in crate::seal) fn f() {}", &["seal"]),
        // What is no code.
        ("nn/plan.rs", "// crate::seal\n/// crate::seal\n/* a /* crate::seal */ crate::seal */", &[]),
        ("nn/plan.rs", r####"let a = "crate::seal\" crate::seal"; let b = r#"" crate::seal"#;"####, &[]),
        ("nn/plan.rs", "let a = '\"'; let b: &'a str = '\\''; crate::seal::x()", &["seal"]),
    ];
    for (file, text, expected) in cases {
        assert_eq!(rooms(file, text), *expected, "{file}: {text}");
    }
}

#[test]
fn forbidden_arrows_are_reported_with_file_and_line() {
    let nested = "use crate::{\n    Level,\n    backend::{Chain, Circuit},\n    seal::{Context, Parameters},\n};";
    assert_eq!(forbidden_arrows("backend/seal.rs", nested), [""; 0]);
    let found = forbidden_arrows("nn/plan.rs", &format!("//! Plans.\n\n{nested}"));
    let expected = ["crate::seal::Context", "crate::seal::Parameters"];
    assert_eq!(found, expected.map(|path| format!("src/nn/plan.rs:3: nn > seal ({path})")));

    for (file, text) in [
        ("packing/sums.rs", "use crate::nn::Network;"),
        ("backend/clear.rs", "use crate::seal::Parameters;"),
        ("backend/clear.rs", "use crate::packing::sums;"),
        ("seal/params.rs", "use crate::backend::Chain;"),
        ("protocol/client.rs", "use crate::report::Table;"),
        ("protocol/client.rs", "use crate::ffi::keys;"),
        ("data/iris.rs", "use crate::nn::Weights;"),
        ("report/plot.rs", "use crate::data::DataSet;"),
        ("text/config.rs", "use crate::protocol::HeadClient;"),
        ("error/seal.rs", "use crate::Private;"),
        ("units.rs", "use crate::Error;"),
        ("cli/plan.rs", "use seal_nn::packing::x;"),
        ("nn/plan.rs", "use crate::*;"),
        ("attic/new.rs", "use crate::attic::x;"),
    ] {
        assert_eq!(forbidden_arrows(file, text).len(), 1, "{file}: {text}");
    }
}

#[test]
fn seal_is_found_where_it_must_not_be_named() {
    for named in ["use crate::seal;", "fn f(_: SealEvaluator) {}", "SealError::Empty", "const SEAL: u8 = 0;"] {
        assert_eq!(names_of_seal("nn/plan.rs", named).len(), 1, "{named}");
        assert_eq!(names_of_seal("packing/sums.rs", named).len(), 1, "{named}");
        assert_eq!(names_of_seal("backend/seal.rs", named).len(), 0, "{named}");
    }
    for silent in ["/// On [`SealEvaluator`].\nfn f() {}", "use seal_nn::Level;", "mod sealed {}", "\"SEAL\""] {
        assert_eq!(names_of_seal("nn/plan.rs", silent), [""; 0], "{silent}");
    }
}

#[test]
fn unsafe_is_found_as_a_word_of_code() {
    assert_eq!(unsafe_code("nn/plan.rs", "fn f() {\n    unsafe { g() }\n}"), ["src/nn/plan.rs:2"]);
    assert_eq!(unsafe_code("seal/keys.rs", "unsafe impl Send for Key {}").len(), 1);
    assert_eq!(unsafe_code("ffi/keys.rs", "unsafe impl Send for Key {}"), [""; 0]);
    assert_eq!(unsafe_code("lib.rs", "#![deny(unsafe_code)] // unsafe"), [""; 0]);
}
