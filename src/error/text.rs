//! Errors of sentence encoders and of texts for them.

use std::path::PathBuf;

/// A sentence encoder that cannot be loaded, or a text that it cannot encode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// An error in a file of the model folder.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// There is no text.
    #[error("there is no text to encode; at least one line is needed")]
    NoText,
    /// A text without words: empty, blank, or without anything that the tokenizer can read.
    #[error("line {line} contains no words; write a sentence, or remove the line")]
    EmptyText {
        /// The line, counted from 1.
        line: usize,
    },
    /// A text that the tokenizer cannot process.
    #[error("line {line} cannot be tokenized: {reason}; correct or remove it")]
    Untokenizable {
        /// The line, counted from 1.
        line: usize,
        /// The message of the tokenizer.
        reason: String,
    },
    /// An embedding with a number that is NaN or infinite.
    #[error("the embedding of line {line} is not finite: the model's weights are damaged; download them again")]
    NotFinite {
        /// The line, counted from 1.
        line: usize,
    },
    /// A published model that could not be fetched.
    #[error(
        "cannot download {name:?}: {reason}; try again with a network connection, or pass a folder with its files \
             (docs/text.md)"
    )]
    Download {
        /// The model.
        name: String,
        /// The message of the hub or the network.
        reason: String,
    },
    /// The computation failed.
    #[error("the sentence encoder failed: {reason}; if memory ran out, free some and try again")]
    Failed {
        /// What the library said.
        reason: String,
    },
}

/// An error in a file of a model folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", path.display())]
#[non_exhaustive]
pub struct CheckpointError {
    /// The file.
    pub path: PathBuf,
    /// The error.
    pub problem: CheckpointProblem,
}

/// The kinds of errors in a file of a model folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointProblem {
    /// The file does not exist or cannot be read.
    #[error("{reason}; this should be {expected} (docs/text.md explains how to get it)")]
    Missing {
        /// The expected file.
        expected: &'static str,
        /// The message of the system.
        reason: String,
    },
    /// The file is something else, or incomplete.
    #[error("this is not {expected}: {reason}; download the complete file again")]
    Damaged {
        /// The expected file.
        expected: &'static str,
        /// The message of the reader.
        reason: String,
    },
    /// A model of another kind.
    #[error("model_type is {actual:?}, but only {expected:?} is supported; use a checkpoint of that kind")]
    WrongModel {
        /// The supported kind.
        expected: &'static str,
        /// The kind found.
        actual: String,
    },
    /// A field with an invalid value.
    #[error("{field} is {actual}, but must be {expected}; download the file again")]
    BadField {
        /// The field.
        field: &'static str,
        /// The value found.
        actual: String,
        /// The range, in words.
        expected: String,
    },
    /// A vocabulary without a required special token.
    #[error("the token {word} is missing, and the encoder needs it; use the file of this model")]
    NoWord {
        /// The token.
        word: String,
    },
    /// Words without an embedding.
    #[error(
        "the last word has number {actual}, but config.json has {expected} (vocab_size): use the file of this model"
    )]
    TooManyWords {
        /// The number of words with an embedding.
        expected: usize,
        /// The largest number of a word, counted from 1.
        actual: usize,
    },
    /// A tokenizer made for models of another kind.
    #[error("an empty text becomes {actual:?}, but DistilBERT needs [CLS] [SEP]; use the file of this model")]
    WrongFrame {
        /// The tokens.
        actual: Vec<String>,
    },
    /// No tensor of this name.
    #[error("there is no tensor {name:?}, with or without the prefix \"distilbert.\"; use a checkpoint {remedy}")]
    NoTensor {
        /// Its name.
        name: String,
        /// The kind of checkpoint that has it.
        remedy: &'static str,
    },
    /// A tensor whose shape does not match config.json or a related tensor.
    #[error("tensor {name:?} has shape {actual:?}, but config.json requires {expected:?}; use both files of one model")]
    WrongShape {
        /// Its name.
        name: String,
        /// The required shape.
        expected: Vec<usize>,
        /// The shape found.
        actual: Vec<usize>,
    },
    /// A tensor with numbers that are not valid weights.
    #[error("tensor {name:?} has {actual}, but weights are finite floating-point numbers; download the file again")]
    BadNumbers {
        /// Its name.
        name: String,
        /// Its contents.
        actual: String,
    },
}
