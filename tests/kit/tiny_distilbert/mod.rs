//! A DistilBERT with random weights, small enough for a test to write: its folder, and what it computes.

pub mod reference;

use std::{collections::BTreeMap, fs};

use ndarray::Array2;
use safetensors::{Dtype, tensor::TensorView};
use seal_nn_conformance::random_matrix;
use serde_json::{Value, json};
use tempfile::TempDir;

pub const DIM: usize = 32;
pub const LAYERS: usize = 2;
pub const HEADS: usize = 4;
pub const HIDDEN: usize = 64;
pub const POSITIONS: usize = 16;
pub const LABELS: usize = 3;

/// A word a line, the first number 0.
pub const WORDS: [&str; 40] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "!", ",", ".", "'", "##s", "##ing", "##er", "a", "the", "it", "is",
    "was", "not", "and", "of", "movie", "film", "plot", "good", "bad", "slow", "very", "funny", "dull", "great", "act",
    "bor", "sing", "dance", "never", "always", "cafe", "un", "##fun", "##ny",
];

/// Tokens by their words.
pub fn ids(words: &[&str]) -> Vec<usize> {
    words.iter().map(|word| WORDS.iter().position(|w| w == word).unwrap()).collect()
}

/// Tensors by name: the shape, and the numbers as rows (a vector is one).
pub type Weights = BTreeMap<String, (Vec<usize>, Array2<f64>)>;

/// Random weights that `f32` holds: matrices up to 0.4, so that attention prefers some words to others; norms around 1.
pub fn weights() -> Weights {
    let mut weights = Weights::new();
    let mut add = |name: String, shape: &[usize], size: f64, around: f64| {
        let (rows, columns) = (shape.iter().rev().skip(1).product(), shape[shape.len() - 1]);
        let random = random_matrix(rows, columns, weights.len() as u64);
        weights.insert(name, (shape.into(), random.mapv(|v| f64::from((around + size * v) as f32))));
    };
    let mut norm = |name: &str| {
        add(format!("{name}.weight"), &[DIM], 0.3, 1.0);
        add(format!("{name}.bias"), &[DIM], 0.3, 0.0);
    };
    norm("distilbert.embeddings.LayerNorm");
    for layer in 0..LAYERS {
        norm(&format!("distilbert.transformer.layer.{layer}.sa_layer_norm"));
        norm(&format!("distilbert.transformer.layer.{layer}.output_layer_norm"));
    }
    add("distilbert.embeddings.word_embeddings.weight".into(), &[WORDS.len(), DIM], 1.0, 0.0);
    add("distilbert.embeddings.position_embeddings.weight".into(), &[POSITIONS, DIM], 0.5, 0.0);
    let mut dense = |name: String, outputs: usize, inputs: usize| {
        add(format!("{name}.weight"), &[outputs, inputs], 0.4, 0.0);
        add(format!("{name}.bias"), &[outputs], 0.4, 0.0);
    };
    for layer in 0..LAYERS {
        for part in ["q_lin", "k_lin", "v_lin", "out_lin"] {
            dense(format!("distilbert.transformer.layer.{layer}.attention.{part}"), DIM, DIM);
        }
        dense(format!("distilbert.transformer.layer.{layer}.ffn.lin1"), HIDDEN, DIM);
        dense(format!("distilbert.transformer.layer.{layer}.ffn.lin2"), DIM, HIDDEN);
    }
    dense("pre_classifier".into(), DIM, DIM);
    dense("classifier".into(), LABELS, DIM);
    weights
}

pub fn config() -> Value {
    json!({
        "activation": "gelu", "architectures": ["DistilBertForSequenceClassification"], "dim": DIM,
        "hidden_dim": HIDDEN, "max_position_embeddings": POSITIONS, "model_type": "distilbert", "n_heads": HEADS,
        "n_layers": LAYERS,
        "vocab_size": WORDS.len(),
    })
}

/// The same tokenizer as WORDS make, in one file; lengths as its maker may have left them there.
pub fn tokenizer() -> Value {
    let vocab: BTreeMap<&str, usize> = WORDS.iter().enumerate().map(|(id, word)| (*word, id)).collect();
    let special = |id: usize| json!({"id": WORDS[id], "ids": [id], "tokens": [WORDS[id]]});
    let added = |id: usize| {
        json!({
            "id": id, "content": WORDS[id], "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            "special": true,
        })
    };
    json!({
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0},
        "padding": {
            "strategy": {"Fixed": 12}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
        "added_tokens": (0..5).map(added).collect::<Vec<_>>(),
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
            "lowercase": true,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
            ],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": special(2), "[SEP]": special(3)},
        },
        "decoder": null,
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocab,
        },
    })
}

/// What safetensors calls a number, and its bytes.
pub fn bytes(numbers: &Array2<f64>, dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::F32 => numbers.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect(),
        Dtype::F64 => numbers.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Dtype::I64 => numbers.iter().flat_map(|&v| (v as i64).to_le_bytes()).collect(),
        other => panic!("{other:?}"),
    }
}

/// A file of tensors.
pub fn safetensors(weights: &Weights, dtype: impl Fn(&str) -> Dtype) -> Vec<u8> {
    let data: Vec<Vec<u8>> = weights.iter().map(|(name, (_, numbers))| bytes(numbers, dtype(name))).collect();
    let views = weights
        .iter()
        .zip(&data)
        .map(|((name, (shape, _)), data)| (name.as_str(), TensorView::new(dtype(name), shape.clone(), data).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

/// A folder with `config.json`, `vocab.txt` and `model.safetensors`.
pub fn folder(weights: &Weights) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("config.json"), config().to_string()).unwrap();
    fs::write(folder.path().join("vocab.txt"), WORDS.join("\n") + "\n").unwrap();
    fs::write(folder.path().join("model.safetensors"), safetensors(weights, |_| Dtype::F32)).unwrap();
    folder
}
