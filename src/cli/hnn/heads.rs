//! Heads that are trained in the clear before use.

use std::fmt;

use clap::ValueEnum;
use seal_nn::{
    Result,
    data::Embeddings,
    nn::head::{Head, HeadActivation, HeadTraining},
};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HeadKind {
    /// Dense layer, h/2 + h^2/4, dense layer
    Quadratic,
    /// One dense layer (logistic regression)
    Linear,
}

/// The spelling on the command line.
impl fmt::Display for HeadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeadKind::Quadratic => "quadratic",
            HeadKind::Linear => "linear",
        })
    }
}

impl HeadKind {
    /// Trains a head on embeddings.
    pub fn train(self, hidden: usize, classes: usize, data: &Embeddings, seed: u64) -> Result<Head> {
        let hidden = (self == HeadKind::Quadratic).then_some(hidden);
        let training = HeadTraining::new(hidden, seed);
        training.train(HeadActivation::quadratic(), classes, data.vectors.view(), &data.labels)
    }
}

/// Widths and activation, such as `384-32-2, polynomial of degree 2`.
pub fn describe(head: &Head) -> String {
    let widths = std::iter::once(head.inputs()).chain(head.layers().iter().map(|layer| layer.bias.len()));
    let widths: Vec<String> = widths.map(|width| width.to_string()).collect();
    let activation = match head.activation() {
        None => "no hidden layer".into(),
        Some(HeadActivation::Relu) => "ReLU".into(),
        Some(HeadActivation::Polynomial(p)) => format!("polynomial of degree {}", p.degree()),
    };
    format!("{}, {activation}", widths.join("-"))
}
