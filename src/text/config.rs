//! `config.json`: the sizes of the network.

use std::path::Path;

use candle_transformers::models::distilbert;
use serde::Deserialize;
use serde_json::{Value, json};

use super::file::File;
use crate::error::{CheckpointError, CheckpointProblem};

/// The supported architecture.
const MODEL_TYPE: &str = "distilbert";

/// The supported activations between the two dense layers of a block.
const ACTIVATIONS: [&str; 2] = ["gelu", "relu"];

/// The part of a DistilBERT configuration that determines the computation.
#[derive(Deserialize)]
pub(super) struct Config {
    /// Width of every hidden state, and of the embedding.
    pub(super) dim: usize,
    n_layers: usize,
    n_heads: usize,
    hidden_dim: usize,
    activation: String,
    pub(super) vocab_size: usize,
    /// The largest number of tokens of a text, including [CLS] and [SEP].
    pub(super) max_position_embeddings: usize,
}

impl Config {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// `Missing`, `Damaged`, `WrongModel` or `BadField`.
    pub(super) fn read(path: &Path) -> Result<Config, CheckpointError> {
        let file = File::read(path, "the configuration of a DistilBERT model in JSON")?;
        // Other architectures have other fields, but their name is the more helpful error.
        let value: Value = file.json()?;
        let actual = value["model_type"].as_str().unwrap_or_default();
        if actual != MODEL_TYPE {
            return Err(file.refuse(CheckpointProblem::WrongModel { expected: MODEL_TYPE, actual: actual.into() }));
        }
        let config: Config = serde_json::from_value(value).map_err(|e| file.damaged(e))?;
        config.check().map_err(|problem| file.refuse(problem))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), CheckpointProblem> {
        let bad = |field, actual: &dyn ToString, expected: &str| {
            Err(CheckpointProblem::BadField { field, actual: actual.to_string(), expected: expected.into() })
        };
        let sizes = [
            ("dim", self.dim),
            ("n_layers", self.n_layers),
            ("n_heads", self.n_heads),
            ("hidden_dim", self.hidden_dim),
            ("vocab_size", self.vocab_size),
        ];
        if let Some((field, size)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return bad(field, &size, "at least 1");
        }
        if !self.dim.is_multiple_of(self.n_heads) {
            return bad("n_heads", &self.n_heads, &format!("a divisor of dim, {}", self.dim));
        }
        if self.max_position_embeddings < 3 {
            return bad("max_position_embeddings", &self.max_position_embeddings, "at least 3: [CLS], a word, [SEP]");
        }
        if !ACTIVATIONS.contains(&self.activation.as_str()) {
            return bad("activation", &self.activation, &ACTIVATIONS.join(" or "));
        }
        Ok(())
    }

    /// Every tensor of the encoder with its shape. The iterator is lazy, because the file can claim any number of
    /// layers.
    pub(super) fn tensors(&self) -> impl Iterator<Item = (String, Vec<usize>)> {
        let (dim, hidden) = (self.dim, self.hidden_dim);
        let vector = |name: String, n: usize| (name, vec![n]);
        let norm = move |name: String| [vector(format!("{name}.weight"), dim), vector(format!("{name}.bias"), dim)];
        let dense = move |name: String, rows: usize, columns: usize| {
            [(format!("{name}.weight"), vec![rows, columns]), vector(format!("{name}.bias"), rows)]
        };
        let embeddings = [("word", self.vocab_size), ("position", self.max_position_embeddings)]
            .map(|(kind, rows)| (format!("embeddings.{kind}_embeddings.weight"), vec![rows, dim]));
        let layer = move |l: usize| {
            let attention = ["q_lin", "k_lin", "v_lin", "out_lin"];
            let attention = attention.map(|part| dense(format!("transformer.layer.{l}.attention.{part}"), dim, dim));
            let rest = [
                norm(format!("transformer.layer.{l}.sa_layer_norm")),
                dense(format!("transformer.layer.{l}.ffn.lin1"), hidden, dim),
                dense(format!("transformer.layer.{l}.ffn.lin2"), dim, hidden),
                norm(format!("transformer.layer.{l}.output_layer_norm")),
            ];
            attention.into_iter().chain(rest).flatten()
        };
        let layers = (0..self.n_layers).flat_map(layer);
        embeddings.into_iter().chain(norm("embeddings.LayerNorm".into())).chain(layers)
    }

    /// The configuration for candle; its other fields are for training.
    ///
    /// # Errors
    /// Currently cannot fail for a configuration that [`Config::read`] accepted.
    pub(super) fn for_candle(&self) -> serde_json::Result<distilbert::Config> {
        serde_json::from_value(json!({
            "vocab_size": self.vocab_size,
            "dim": self.dim,
            "n_layers": self.n_layers,
            "n_heads": self.n_heads,
            "hidden_dim": self.hidden_dim,
            "activation": self.activation,
            "max_position_embeddings": self.max_position_embeddings,
            "initializer_range": 0.02,
            "pad_token_id": 0,
        }))
    }
}
