//! Tests of `src/nn`.

#[path = "../kit/mod.rs"]
mod kit;

mod argmax;
mod baselines;
mod calibration;
mod head;
mod polynomial;
mod refreshes;
mod server_loss;
mod soft_argmax;
mod split_step;
mod training_step;
mod wrong_uses;
