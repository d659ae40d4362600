//! Published checkpoints from their hub (feature `download`).

use std::path::PathBuf;

use hf_hub::{
    Repo, RepoType,
    api::sync::{ApiBuilder, ApiError},
};

use crate::error::TextError;

/// What [`SentenceEncoder::load`](super::SentenceEncoder::load) reads.
const FILES: [&str; 5] = ["config.json", "tokenizer.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"];

/// Fetches a published model by its name, such as `distilbert-base-uncased-finetuned-sst-2-english`, and names its
/// folder in the user's cache of the hub (`HF_HOME` is another place, `HF_ENDPOINT` another hub). What is there already
/// is not fetched again; nothing but the name is sent, no token either.
///
/// # Errors
/// `TextError::Download` for what cannot be a name, without a network, for a name that nobody published, and for a
/// model with none of the files that are read.
pub fn download(name: &str) -> Result<PathBuf, TextError> {
    let failed = |reason: String| TextError::Download { name: name.into(), reason };
    // It becomes a part of addresses and of paths.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if name.is_empty() || name.contains("..") || name.matches('/').count() > 1 || !name.chars().all(is_plain) {
        return Err(failed("a name has letters, digits, and - _ . between them, and one / after its author's".into()));
    }
    let refused = |e: ApiError| failed(e.to_string());
    let hub = ApiBuilder::from_env().with_token(None).with_progress(false).build().map_err(refused)?;
    let newest = hub.model(name.into()).info().map_err(refused)?;
    // One commit for all files: a newer one may come in between, or an older one be in the cache.
    let model = hub.repo(Repo::with_revision(name.into(), RepoType::Model, newest.sha));
    let mut folder = None;
    for file in FILES.iter().filter(|file| newest.siblings.iter().any(|published| published.rfilename == **file)) {
        folder = model.get(file).map_err(refused)?.parent().map(PathBuf::from);
    }
    folder.ok_or_else(|| failed(format!("it has none of {}", FILES.join(", "))))
}
