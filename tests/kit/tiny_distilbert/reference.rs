//! What the model computes, from its formulas, in `f64`, one text at a time and without a mask.

use ndarray::{Array1, Array2, Axis, concatenate, s};

use super::{DIM, HEADS, LAYERS, Weights};

/// An activation.
pub type Gelu = fn(f64) -> f64;

/// As candle computes it.
pub fn gelu_by_tanh(x: f64) -> f64 {
    x / 2.0 * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
}

/// As checkpoints are trained.
pub fn gelu(x: f64) -> f64 {
    x / 2.0 * (1.0 + erf(x / std::f64::consts::SQRT_2))
}

/// By its Taylor series, `2/sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1))`: beyond 4 erf is 1 within 2e-8, and up to there
/// no term is above 1e6, so that roundings stay below 1e-9.
fn erf(x: f64) -> f64 {
    if x.abs() > 4.0 {
        return x.signum();
    }
    let (mut power, mut sum) = (x, x);
    for n in 1..100 {
        power *= -x * x / f64::from(n);
        sum += power / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

/// The hidden state of the first token.
pub fn embedding(weights: &Weights, ids: &[usize], gelu: Gelu) -> Array1<f64> {
    let get = |name: &str| &weights[&format!("distilbert.{name}")].1;
    let dense = |x: &Array2<f64>, name: &str| {
        x.dot(&get(&format!("{name}.weight")).t()) + get(&format!("{name}.bias")) // a row, added to all
    };
    let norm = |x: &Array2<f64>, name: &str| {
        let mean = x.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1));
        let centred = x - &mean;
        let variance = centred.mapv(|v| v * v).mean_axis(Axis(1)).unwrap().insert_axis(Axis(1));
        centred / variance.mapv(|v| (v + 1e-12).sqrt()) * get(&format!("{name}.weight")) + get(&format!("{name}.bias"))
    };
    let words = get("embeddings.word_embeddings.weight").select(Axis(0), ids);
    let places = get("embeddings.position_embeddings.weight").slice(s![..ids.len(), ..]).to_owned();
    let mut x = norm(&(words + places), "embeddings.LayerNorm");
    for layer in (0..LAYERS).map(|l| format!("transformer.layer.{l}")) {
        let [q, k, v] = ["q_lin", "k_lin", "v_lin"].map(|part| dense(&x, &format!("{layer}.attention.{part}")));
        let width = DIM / HEADS;
        let contexts: Vec<Array2<f64>> = (0..HEADS)
            .map(|head| {
                let part = s![.., head * width..(head + 1) * width];
                let scores = q.slice(part).dot(&k.slice(part).t()) / (width as f64).sqrt();
                softmax(scores).dot(&v.slice(part))
            })
            .collect();
        let views: Vec<_> = contexts.iter().map(|c| c.view()).collect();
        let context = concatenate(Axis(1), &views).unwrap();
        let y =
            norm(&(&x + &dense(&context, &format!("{layer}.attention.out_lin"))), &format!("{layer}.sa_layer_norm"));
        let inner = dense(&y, &format!("{layer}.ffn.lin1")).mapv(gelu);
        x = norm(&(&y + &dense(&inner, &format!("{layer}.ffn.lin2"))), &format!("{layer}.output_layer_norm"));
    }
    x.row(0).to_owned()
}

fn softmax(mut scores: Array2<f64>) -> Array2<f64> {
    for mut row in scores.rows_mut() {
        row.mapv_inplace(f64::exp);
        let sum = row.sum();
        row /= sum;
    }
    scores
}
