//! As much of a Rust parser as it takes to find paths in a source: words and signs without comments and strings, and
//! the brace lists of `use`.

use std::{iter::Peekable, slice::Iter};

/// The paths that start at the first of `tokens`: one, or those of all branches of a brace list.
pub fn paths(tokens: &[Token]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    branch(&mut tokens.iter().peekable(), Vec::new(), &mut found);
    found
}

type Cursor<'a> = Peekable<Iter<'a, Token>>;

fn branch(rest: &mut Cursor, mut path: Vec<String>, found: &mut Vec<Vec<String>>) {
    while let Some(token) = rest.next_if(|token| token.is_word() || token.text == "*") {
        path.push(token.text.clone());
        if rest.next_if(|token| token.text == "::").is_none() {
            break;
        }
    }
    match rest.next_if(|token| token.text == "{" && !path.is_empty() && !token.after_word) {
        Some(_) => list(rest, &path, found),
        None => found.push(path),
    }
}

/// What follows `path::{`, up to the brace that closes it.
fn list(rest: &mut Cursor, path: &[String], found: &mut Vec<Vec<String>>) {
    while let Some(token) = rest.peek() {
        match token.text.as_str() {
            "}" => {
                rest.next();
                return;
            }
            "," => {
                rest.next();
            }
            _ => {
                branch(rest, path.to_vec(), found);
                // `as other` changes no arrow.
                while rest.next_if(|token| token.text != "," && token.text != "}").is_some() {}
            }
        }
    }
}

/// A word or a sign of Rust.
pub struct Token {
    pub text: String,
    pub line: usize,
    /// A brace after a word opens a block or a struct, not a list of paths.
    after_word: bool,
}

impl Token {
    fn is_word(&self) -> bool {
        self.text.starts_with(is_word_char)
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The tokens of a source, without its comments, strings and characters.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(next) = rest.chars().next() {
        let hidden = comment(rest).or_else(|| string(rest)).or_else(|| character(rest));
        let length = hidden.unwrap_or_else(|| visible(rest, next));
        if hidden.is_none() && !next.is_whitespace() {
            let after_word = tokens.last().is_some_and(Token::is_word);
            tokens.push(Token { text: rest[..length].to_owned(), line, after_word });
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// Length of the word or sign at the start.
fn visible(rest: &str, next: char) -> usize {
    if is_word_char(next) {
        rest.find(|c| !is_word_char(c)).unwrap_or(rest.len())
    } else if rest.starts_with("::") {
        2
    } else {
        next.len_utf8()
    }
}

/// Length of the comment at the start, if there is one.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let mut open = 0;
    let mut at = 0;
    while rest.is_char_boundary(at) && at < rest.len() {
        let sign = &rest.as_bytes()[at..rest.len().min(at + 2)];
        match sign {
            b"/*" => (open, at) = (open + 1, at + 2),
            b"*/" if open > 0 => (open, at) = (open - 1, at + 2),
            _ => at += rest[at..].chars().next().map_or(1, char::len_utf8),
        }
        if open == 0 {
            return sign.eq(b"*/").then_some(at);
        }
    }
    (open > 0).then_some(rest.len())
}

/// Length of the string at the start, if there is one: `"a"`, `b"a"`, `r#"a"#` and their kin.
fn string(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c| !"bcr".contains(c))?;
    let raw = rest[..prefix].contains('r');
    let hashes = rest[prefix..].chars().take_while(|c| *c == '#').count();
    let start = prefix + hashes + 1;
    if !rest[prefix + hashes..].starts_with('"') || (hashes > 0 && !raw) {
        return None;
    }
    if raw {
        let close = format!("\"{}", "#".repeat(hashes));
        return Some(rest[start..].find(&close).map_or(rest.len(), |end| start + end + close.len()));
    }
    Some(start + escaped_end(&rest[start..], '"'))
}

/// Length of the character, or of the quote of a lifetime, at the start.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let mut chars = body.chars();
    match (chars.next()?, chars.next()) {
        ('\\', _) => Some(1 + escaped_end(body, '\'')),
        (c, Some('\'')) => Some(2 + c.len_utf8()),
        _ => Some(1),
    }
}

/// Where a text ends whose quotes may be escaped, its closing quote included.
fn escaped_end(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

fn texts(source: &str) -> Vec<String> {
    tokens(source).into_iter().map(|token| token.text).collect()
}

#[test]
fn comments_strings_and_characters_are_left_out() {
    let cases: &[(&str, &[&str])] = &[
        ("a /* b /* c */ d */ e // f\ng", &["a", "e", "g"]),
        ("a(\"b \\\" c\", b\"d\", r\"e\\\", br##\"f\"# g\"##)", &["a", "(", ",", ",", ",", ")"]),
        ("'x' '\\'' '\\u{1F600}' 'é' &'a str", &["&", "a", "str"]),
        ("brace::crab r#type", &["brace", "::", "crab", "r", "#", "type"]),
        ("a / b * c", &["a", "/", "b", "*", "c"]),
    ];
    for (source, expected) in cases {
        assert_eq!(texts(source), *expected, "{source}");
    }
}
