//! Sentence encoders, and texts for them, that cannot be used.

use std::path::PathBuf;

/// A sentence encoder that cannot be loaded, or a text that it cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A file of the model's folder.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// No text where some is needed.
    #[error("there is no text to encode; give at least one line")]
    NoText,
    /// A text without a word: empty, blank, or nothing that the tokenizer knows how to read.
    #[error("line {line} has no word to encode; write a sentence, or leave the line out")]
    EmptyText {
        /// The line, counted from 1.
        line: usize,
    },
    /// A text that the tokenizer cannot take apart.
    #[error("line {line} cannot be taken apart into words: {reason}; correct it, or leave it out")]
    Untokenizable {
        /// The line, counted from 1.
        line: usize,
        /// What the tokenizer said.
        reason: String,
    },
    /// An embedding with a number that is NaN or infinite.
    #[error("the embedding of line {line} is not finite: the model's weights are damaged; download them again")]
    NotFinite {
        /// The line, counted from 1.
        line: usize,
    },
    /// A published model that could not be fetched.
    #[error("cannot download {name:?}: {reason}; try again online, or name a folder that has its files (docs/text.md)")]
    Download {
        /// The model.
        name: String,
        /// What the hub or the network said.
        reason: String,
    },
    /// The computation itself failed.
    #[error("the sentence encoder failed: {reason}; with less memory in use it may not")]
    Failed {
        /// What the library said.
        reason: String,
    },
}

/// What is wrong with a file of a model's folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", path.display())]
#[non_exhaustive]
pub struct CheckpointError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: CheckpointProblem,
}

/// What can be wrong with a file of a model's folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointProblem {
    /// Not there, or not to be read.
    #[error("{reason}; here should be {expected} (docs/text.md says how to get it)")]
    Missing {
        /// What belongs there.
        expected: &'static str,
        /// What the system said.
        reason: String,
    },
    /// Something else, or a part of it.
    #[error("this is not {expected}: {reason}; download it again, whole")]
    Damaged {
        /// What belongs there.
        expected: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// A model of another kind.
    #[error("model_type is {actual:?}, and {expected:?} is read; take a checkpoint of that kind")]
    WrongModel {
        /// The kind that is read.
        expected: &'static str,
        /// The kind found.
        actual: String,
    },
    /// A field with a value that cannot be.
    #[error("{field} is {actual}, but must be {expected}; download the file again")]
    BadField {
        /// The field.
        field: &'static str,
        /// The value found.
        actual: String,
        /// The range, in words.
        expected: String,
    },
    /// A vocabulary without a word that stands for no text.
    #[error("there is no word {word}, and the encoder needs it; take the file of this very model")]
    NoWord {
        /// The word.
        word: String,
    },
    /// Words that have no embedding.
    #[error(
        "its last word is number {actual}, and config.json has {expected} (vocab_size): take the file of this model"
    )]
    TooManyWords {
        /// Words that have an embedding.
        expected: usize,
        /// The largest number of a word, counted from 1.
        actual: usize,
    },
    /// A tokenizer made for models of another kind.
    #[error("it makes {actual:?} of an empty text, and DistilBERT needs [CLS] [SEP]; take the file of this very model")]
    WrongFrame {
        /// The tokens.
        actual: Vec<String>,
    },
    /// No tensor of this name.
    #[error("there is no tensor {name:?}, with or without the prefix \"distilbert.\"; take a checkpoint {remedy}")]
    NoTensor {
        /// Its name.
        name: String,
        /// What kind of checkpoint has it.
        remedy: &'static str,
    },
    /// A tensor of another shape than config.json, or the tensor that it goes with, asks for.
    #[error(
        "tensor {name:?} has shape {actual:?}, and config.json promises {expected:?}; take both files of one model"
    )]
    WrongShape {
        /// Its name.
        name: String,
        /// The shape needed.
        expected: Vec<usize>,
        /// The shape found.
        actual: Vec<usize>,
    },
    /// A tensor whose numbers cannot be weights.
    #[error("tensor {name:?} has {actual}, but weights are finite floating-point numbers; download the file again")]
    BadNumbers {
        /// Its name.
        name: String,
        /// What it has.
        actual: String,
    },
}
