//! Who a client is.

use std::{fs, path::Path};

use ring::digest::{SHA256, digest};
use subtle::{Choice, ConstantTimeEq};

use crate::{Result, error::NetError};

/// A client, as far as a server tells clients apart: the hash of its certificate or token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity([u8; 32]);

impl Identity {
    /// Of everyone, where everyone is let in.
    pub const ANYONE: Identity = Identity([0; 32]);

    /// A name for what is kept of this client, which nobody can make who does not know its certificate or token.
    pub fn name(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The owner of a certificate, in the form of DER.
    pub fn of_certificate(der: &[u8]) -> Identity {
        Identity(hash(b"certificate", der))
    }
}

fn hash(kind: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, &[kind, b"\0", bytes].concat()).as_ref());
    out
}

/// A word by which a server knows a client.
#[derive(Clone)]
pub struct Token(String);

/// Fewer characters could be guessed.
const LEAST_CHARACTERS: usize = 20;
const MOST_CHARACTERS: usize = 512;

impl Token {
    /// A token of 20 to 512 visible characters of ASCII.
    ///
    /// # Errors
    /// [`NetError::Token`].
    pub fn new(token: &str) -> Result<Token> {
        let (least, most, actual) = (LEAST_CHARACTERS, MOST_CHARACTERS, token.len());
        let visible = token.bytes().all(|byte| byte.is_ascii_graphic());
        match visible && (least..=most).contains(&actual) {
            true => Ok(Token(token.into())),
            false => Err(NetError::Token { least, most, actual }.into()),
        }
    }

    /// The only token of a file.
    ///
    /// # Errors
    /// [`NetError::File`] for a file that cannot be read, or with more than one token or none.
    pub fn load(path: &Path) -> Result<Token> {
        let mut tokens = tokens_in(path)?;
        match (tokens.pop(), tokens.is_empty()) {
            (Some(token), true) => Ok(token),
            _ => Err(bad_file(path, "one token is expected, on a line of its own")),
        }
    }

    pub(super) fn header(&self) -> String {
        format!("{SCHEME}{}", self.0)
    }
}

const SCHEME: &str = "Bearer ";

/// The tokens that a server knows. It keeps their hashes only.
#[derive(Clone)]
pub struct Tokens(Vec<[u8; 32]>);

impl Tokens {
    /// The tokens of a file, each on a line; lines that begin with `#` and empty ones are none.
    ///
    /// # Errors
    /// [`NetError::File`] for a file that cannot be read, without a token, or with a line that is none.
    pub fn load(path: &Path) -> Result<Tokens> {
        let tokens = tokens_in(path)?;
        match tokens.is_empty() {
            true => Err(bad_file(path, "no token: write one on a line")),
            false => Ok(Tokens::new(&tokens)),
        }
    }

    /// These tokens.
    pub fn new(tokens: &[Token]) -> Tokens {
        Tokens(tokens.iter().map(|token| hash(b"token", token.0.as_bytes())).collect())
    }

    /// The client with this `authorization`. Takes the same time for every token of a length.
    pub(super) fn identify(&self, authorization: &str) -> Option<Identity> {
        let token = hash(b"token", authorization.strip_prefix(SCHEME)?.as_bytes());
        let known = self.0.iter().fold(Choice::from(0), |known, one| known | one.ct_eq(&token));
        bool::from(known).then_some(Identity(token))
    }
}

fn tokens_in(path: &Path) -> Result<Vec<Token>> {
    let text = fs::read_to_string(path).map_err(|error| bad_file(path, error))?;
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(i, line)| Token::new(line).map_err(|error| bad_file(path, format!("line {}: {error}", i + 1))))
        .collect()
}

/// What is wrong with a file.
pub(super) fn bad_file(path: &Path, reason: impl ToString) -> crate::Error {
    NetError::File { path: path.into(), reason: reason.to_string() }.into()
}
