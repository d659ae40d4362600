//! Computes embeddings of texts.

use std::path::Path;

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::distilbert::{self, DistilBertModel};
use ndarray::Array2;

use super::{
    config::Config,
    tensors::{Tensors, failed},
    tokens::{Splitter, Tokens},
};
use crate::{
    Result,
    error::TextError,
    nn::head::{Dense, Head, HeadActivation},
};

/// The largest number of tokens per forward pass, including padding, which limits its memory (a single long text may
/// exceed it).
const MOST_TOKENS: usize = 4096;

/// The layers of the checkpoint's head.
const HEAD: [&str; 2] = ["pre_classifier", "classifier"];

const FOR_ENCODER: &str = "of a whole DistilBERT model";
const FOR_HEAD: &str = "for sequence classification, which has a head";

/// DistilBERT as a sentence encoder, with the classification head of its checkpoint.
///
/// A text becomes tokens `[CLS] pieces [SEP]`. The embedding is the hidden state of `[CLS]` in the last layer, which is
/// the input of DistilBERT's classifiers. With word and position embeddings `E` and `P`, layer norm `N`, and for each
/// layer
///
/// ```text
/// x = N(E[token] + P[position])
/// y = N(x + W_o concat_h softmax(Q_h K_h^T / sqrt(d)) V_h + b_o)      Q, K, V = W x + b in heads of width d
/// x = N(y + W_2 gelu(W_1 y + b_1) + b_2)
/// ```
///
/// in `f32`. `gelu(x)` is `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`, as in `candle-transformers`; checkpoints are
/// trained with `x/2 (1 + erf(x / sqrt(2)))`, which differs by at most 4.8e-4.
///
/// Source: Sanh et al. 2019 (arXiv 1910.01108).
pub struct SentenceEncoder {
    config: Config,
    splitter: Splitter,
    model: DistilBertModel,
    /// The tensors of the head.
    tensors: Tensors,
}

/// The embeddings of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// One row per text, `samples x width`.
    pub embeddings: Array2<f64>,
    /// The texts, counted from 0, that were truncated to the length that the encoder supports.
    pub truncated: Vec<usize>,
}

impl SentenceEncoder {
    /// Loads a checkpoint from its folder: `config.json`, `tokenizer.json` or `vocab.txt` (with
    /// `tokenizer_config.json`, if it exists), and `model.safetensors`.
    ///
    /// # Errors
    /// `TextError::Checkpoint` with the file and the reason: it is missing, damaged, of another architecture, or does
    /// not belong to the same model as the other files.
    pub fn load(folder: impl AsRef<Path>) -> Result<SentenceEncoder, TextError> {
        let folder = folder.as_ref();
        let config = Config::read(&folder.join("config.json"))?;
        let splitter = Splitter::read(folder, &config)?;
        let mut tensors = Tensors::read(&folder.join("model.safetensors"))?;
        let named = config.tensors().map(|(name, shape)| Ok((name.clone(), tensors.get(&name, &shape, FOR_ENCODER)?)));
        let weights = named.collect::<Result<_, TextError>>()?;
        tensors.keep(&HEAD);
        let variables = VarBuilder::from_tensors(weights, distilbert::DTYPE, &Device::Cpu);
        let model = DistilBertModel::load(variables, &config.for_candle().map_err(failed)?).map_err(failed)?;
        Ok(SentenceEncoder { config, splitter, model, tensors })
    }

    /// The width of an embedding.
    pub fn width(&self) -> usize {
        self.config.dim
    }

    /// The largest number of tokens of a text, including `[CLS]` and `[SEP]`.
    pub fn most_tokens(&self) -> usize {
        self.config.max_position_embeddings
    }

    /// The embeddings of texts, one per line.
    ///
    /// # Errors
    /// `TextError::NoText` without texts; `EmptyText`, with the line counted from 1, for a text without words;
    /// `Untokenizable`; `NotFinite` for damaged weights. Texts are checked before anything is computed.
    pub fn encode(&self, texts: &[&str]) -> Result<Encoded, TextError> {
        self.encode_with_progress(texts, |_| ())
    }

    /// Like [`SentenceEncoder::encode`], and calls `done` with the number of finished texts after each forward pass.
    ///
    /// # Errors
    /// `TextError::NoText`, `EmptyText`, `Untokenizable` or `NotFinite`, as for [`SentenceEncoder::encode`].
    pub fn encode_with_progress(&self, texts: &[&str], mut done: impl FnMut(usize)) -> Result<Encoded, TextError> {
        if texts.is_empty() {
            return Err(TextError::NoText);
        }
        let split = texts.iter().enumerate().map(|(i, text)| self.splitter.split(i + 1, text));
        let tokens: Vec<Tokens> = split.collect::<Result<_, TextError>>()?;
        let truncated = (0..tokens.len()).filter(|&i| tokens[i].truncated).collect();

        // Process texts of similar length together, which needs less padding.
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(tokens[i].ids.len()));
        let mut embeddings = Array2::zeros((texts.len(), self.width()));
        let mut rest = order.as_slice();
        while let Some(&longest) = rest.first() {
            let count = (MOST_TOKENS / tokens[longest].ids.len()).clamp(1, rest.len());
            let (batch, others) = rest.split_at(count);
            let ids: Vec<&[u32]> = batch.iter().map(|&i| tokens[i].ids.as_slice()).collect();
            for (&i, state) in batch.iter().zip(self.first_states(&ids).map_err(failed)?) {
                if state.iter().any(|v| !v.is_finite()) {
                    return Err(TextError::NotFinite { line: i + 1 });
                }
                embeddings.row_mut(i).iter_mut().zip(state).for_each(|(to, from)| *to = f64::from(from));
            }
            rest = others;
            done(texts.len() - rest.len());
        }
        Ok(Encoded { embeddings, truncated })
    }

    /// The hidden state of the first token of each text. The longest text comes first.
    fn first_states(&self, texts: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let (count, length) = (texts.len(), texts[0].len());
        // Any token can serve as padding: candle sets the scores of keys whose mask is not 0 to minus infinity (in
        // Python it is the opposite), so their weights in the softmax are exactly 0.
        let (mut ids, mut padding) = (vec![0; count * length], vec![1u8; count * length]);
        for (i, text) in texts.iter().enumerate() {
            ids[i * length..][..text.len()].copy_from_slice(text);
            padding[i * length..][..text.len()].fill(0);
        }
        let ids = Tensor::from_vec(ids, (count, length), &self.model.device)?;
        // The mask is the same for all heads and queries.
        let padding = Tensor::from_vec(padding, (count, 1, 1, length), &self.model.device)?;
        self.model.forward(&ids, &padding)?.narrow(1, 0, 1)?.squeeze(1)?.to_vec2()
    }

    /// The head of the checkpoint: `z = W_2 relu(W_1 x + b_1) + b_2` with `W_1` of `pre_classifier` (`width x width`)
    /// and `W_2` of `classifier` (`labels x width`).
    ///
    /// # Errors
    /// `NoTensor` for a checkpoint without a head, `WrongShape`, `BadNumbers`; `OutOfBounds` without labels.
    pub fn head(&self) -> Result<Head> {
        let width = self.width();
        let labels = self.tensors.shape(&format!("{}.weight", HEAD[1]), FOR_HEAD).map_err(TextError::from)?;
        let labels = labels.first().copied().unwrap_or_default();
        let dense = |name: &str, outputs| -> Result<Dense> {
            let weights = self.tensors.numbers(&format!("{name}.weight"), &[outputs, width], FOR_HEAD)?;
            let bias = self.tensors.numbers(&format!("{name}.bias"), &[outputs], FOR_HEAD)?;
            Ok(Dense { weights, bias: bias.row(0).to_owned() })
        };
        Head::two_layers(dense(HEAD[0], width)?, HeadActivation::Relu, dense(HEAD[1], labels)?)
    }
}
