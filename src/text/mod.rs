//! Sentence encoders in the clear, from published checkpoints (feature `text`).
//!
//! The client embeds its own sentences and encrypts the embeddings; the server never sees the text. `docs/text.md`
//! describes the required files.
//!
//! ```no_run
//! use seal_nn::text::SentenceEncoder;
//!
//! let encoder = SentenceEncoder::load("distilbert-base-uncased-finetuned-sst-2-english")?;
//! let encoded = encoder.encode(&["a gorgeous , witty , seductive movie .", "it 's slow ."])?;
//! let logits = encoder.head()?.logits(encoded.embeddings.view())?;
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
