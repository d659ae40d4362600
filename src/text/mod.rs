//! Sentence encoders in the clear, from published checkpoints (feature `text`).
//!
//! The client turns its own sentences into embeddings with one, and encrypts those; the server never sees a word.
//! `docs/text.md` says which files the folder needs.
//!
//! ```no_run
//! use seal_nn::text::SentenceEncoder;
//!
//! let encoder = SentenceEncoder::load("distilbert-base-uncased-finetuned-sst-2-english")?;
//! let encoded = encoder.encode(&["a gorgeous , witty , seductive movie .", "it 's slow ."])?;
//! let logits = encoder.head()?.logits(encoded.embeddings.view());
//! assert_eq!((encoded.embeddings.dim(), logits.dim()), ((2, 768), (2, 2)));
//! # Ok::<(), seal_nn::Error>(())
//! ```

mod config;
#[cfg(feature = "download")]
mod download;
mod encoder;
mod file;
mod tensors;
mod tokens;

#[cfg(feature = "download")]
pub use download::download;
pub use encoder::{Encoded, SentenceEncoder};
