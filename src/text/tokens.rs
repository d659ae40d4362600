//! Tokenisation of texts.

use std::path::Path;

use serde::Deserialize;
use tokenizers::{
    AddedToken, Tokenizer, TruncationParams, models::wordpiece::WordPiece, normalizers::BertNormalizer,
    pre_tokenizers::bert::BertPreTokenizer, processors::bert::BertProcessing,
};

use super::{config::Config, file::File, tensors::failed};
use crate::error::{CheckpointError, CheckpointProblem, TextError};

/// The first token of every text, whose hidden state is the embedding, and the last token.
const FRAME: [&str; 2] = ["[CLS]", "[SEP]"];
const UNKNOWN: &str = "[UNK]";
/// Tokens without text, if the vocabulary contains them.
const SPECIAL: [&str; 5] = [FRAME[0], FRAME[1], UNKNOWN, "[PAD]", "[MASK]"];

/// A text in the form of the encoder's input: `[CLS] pieces [SEP]`.
pub(super) struct Tokens {
    pub(super) ids: Vec<u32>,
    /// Whether the text was truncated.
    pub(super) truncated: bool,
}

/// The tokeniser.
pub(super) struct Splitter {
    tokenizer: Tokenizer,
}

/// The part of `tokenizer_config.json` that determines how a vocabulary is used. The defaults are those of uncased
/// models.
#[derive(Deserialize)]
#[serde(default)]
struct Settings {
    do_lower_case: bool,
    /// The same as `do_lower_case` if it is not set.
    strip_accents: Option<bool>,
    tokenize_chinese_chars: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { do_lower_case: true, strip_accents: None, tokenize_chinese_chars: true }
    }
}

impl Splitter {
    /// Reads `tokenizer.json`, or else `vocab.txt`.
    ///
    /// # Errors
    /// Any `CheckpointError` except those of tensors, with the file that was read.
    pub(super) fn read(folder: &Path, config: &Config) -> Result<Splitter, TextError> {
        let whole = folder.join("tokenizer.json");
        let (file, mut tokenizer) = if whole.exists() {
            let file = File::read(&whole, "a tokenizer in JSON")?;
            let tokenizer = Tokenizer::from_bytes(&file.bytes).map_err(|e| file.damaged(e))?;
            (file, tokenizer)
        } else {
            from_vocabulary(folder)?
        };
        // The lengths in the file are settings for the batches of its authors.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(failed)?;

        let last = tokenizer.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
        if last > config.vocab_size {
            let problem = CheckpointProblem::TooManyWords { expected: config.vocab_size, actual: last };
            return Err(file.refuse(problem).into());
        }
        let empty = tokenizer.encode("", true).map_err(|e| file.damaged(e))?;
        if empty.get_tokens() != FRAME {
            let problem = CheckpointProblem::WrongFrame { actual: empty.get_tokens().to_vec() };
            return Err(file.refuse(problem).into());
        }
        // After checking that the frame has two tokens, of the three or more that fit.
        let most = TruncationParams { max_length: config.max_position_embeddings, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(most)).map_err(failed)?;
        Ok(Splitter { tokenizer })
    }

    /// Tokenises the text of a line, counted from 1.
    ///
    /// # Errors
    /// `EmptyText` or `Untokenizable`.
    pub(super) fn split(&self, line: usize, text: &str) -> Result<Tokens, TextError> {
        let untokenizable = |e: tokenizers::Error| TextError::Untokenizable { line, reason: e.to_string() };
        let encoding = self.tokenizer.encode(text, true).map_err(untokenizable)?;
        match encoding.len() <= FRAME.len() {
            true => Err(TextError::EmptyText { line }),
            false => Ok(Tokens { ids: encoding.get_ids().to_vec(), truncated: !encoding.get_overflowing().is_empty() }),
        }
    }
}

/// BERT's tokeniser: clean, convert to lower case, split at blanks and punctuation, then take the longest pieces in the
/// vocabulary.
fn from_vocabulary(folder: &Path) -> Result<(File, Tokenizer), TextError> {
    let file = File::read(
        &folder.join("vocab.txt"),
        "a vocabulary in UTF-8, a word a line (not needed beside a tokenizer.json)",
    )?;
    let words = WordPiece::read_bytes(&file.bytes).map_err(|e| file.damaged(e))?;
    let number = |word: &str| {
        let found = words.get(word).map(|&id| (word.to_owned(), id));
        found.ok_or_else(|| file.refuse(CheckpointProblem::NoWord { word: word.into() }))
    };
    let (cls, sep) = (number(FRAME[0])?, number(FRAME[1])?);
    number(UNKNOWN)?;
    let special = SPECIAL.into_iter().filter(|word| words.contains_key(*word)).map(|word| AddedToken::from(word, true));
    let special: Vec<AddedToken> = special.collect();

    let Settings { do_lower_case, strip_accents, tokenize_chinese_chars } = settings(folder)?;
    let normalizer = BertNormalizer::new(true, tokenize_chinese_chars, strip_accents, do_lower_case);
    let pieces = WordPiece::builder().vocab(words).unk_token(UNKNOWN.into()).build().map_err(failed)?;
    let mut tokenizer = Tokenizer::new(pieces);
    tokenizer.with_normalizer(Some(normalizer)).map_err(failed)?;
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer)).with_post_processor(Some(BertProcessing::new(sep, cls)));
    tokenizer.add_special_tokens(special).map_err(failed)?;
    Ok((file, tokenizer))
}

fn settings(folder: &Path) -> Result<Settings, CheckpointError> {
    let path = folder.join("tokenizer_config.json");
    match path.exists() {
        true => File::read(&path, "the settings of a tokenizer in JSON")?.json(),
        false => Ok(Settings::default()),
    }
}
