//! Downloads of published checkpoints (feature `download`).

use std::path::PathBuf;

use hf_hub::{
    Repo, RepoType,
    api::sync::{ApiBuilder, ApiError},
};

use crate::error::TextError;

/// The files that [`SentenceEncoder::load`](super::SentenceEncoder::load) reads.
const FILES: [&str; 5] = ["config.json", "tokenizer.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"];

/// Downloads a published model by its name, such as `distilbert-base-uncased-finetuned-sst-2-english`, and returns its
/// folder in the user's cache of the hub (`HF_HOME` changes the place, `HF_ENDPOINT` the hub). Files that are already
/// there are not downloaded again. Only the name is sent, and no token.
///
/// # Errors
/// `TextError::Download` for an invalid name, without a network, for a name that does not exist, and for a model
/// without any of the files.
pub fn download(name: &str) -> Result<PathBuf, TextError> {
    let failed = |reason: String| TextError::Download { name: name.into(), reason };
    // The name becomes a part of addresses and paths.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if name.is_empty() || name.contains("..") || name.matches('/').count() > 1 || !name.chars().all(is_plain) {
        return Err(failed("a name has letters, digits, and - _ . between them, and one / after its author's".into()));
    }
    let refused = |e: ApiError| failed(e.to_string());
    let hub = ApiBuilder::from_env().with_token(None).with_progress(false).build().map_err(refused)?;
    let newest = hub.model(name.into()).info().map_err(refused)?;
    // All files must be of one commit: a newer one may be published in between, and an older one may be in the cache.
    let model = hub.repo(Repo::with_revision(name.into(), RepoType::Model, newest.sha));
    let mut folder = None;
    for file in FILES.iter().filter(|file| newest.siblings.iter().any(|published| published.rfilename == **file)) {
        folder = model.get(file).map_err(refused)?.parent().map(PathBuf::from);
    }
    folder.ok_or_else(|| failed(format!("it has none of {}", FILES.join(", "))))
}
