//! A training step in two halves, with the client in between: the server multiplies encrypted matrices, and the client
//! computes the loss, any loss, from the logits it decrypts (docs/split-step.md).
//!
//! | | does | sends |
//! |---|---|---|
//! | client | packs and encrypts both weight matrices `W` and `V` | `U`, level 3 |
//! | server | `h = x W`, `a = h^2`, `z = a V`; keeps what the second half needs | `z`, level 0 |
//! | client | logits, loss, the loss's derivative `e` | `e`, level 3 |
//! | server | `g = e V^T`, `d = g h`, the products `x^T d` and `a^T e` | them, level 0 |
//! | client | sums, gradients, optimiser, biases | |
//!
//! Two round trips of three levels in a ring of 8192 take the place of one of six to eight levels in a ring of 16384,
//! without a mask and without a plaintext at the server. What is exact in the clear is not computed in the encryption:
//! shift and scale of the activation ([`SquareFolding`]), biases, sums over units and samples, learning rates. The server
//! learns shapes and when steps happen, but neither labels nor loss, optimiser or activation.

mod counts;
mod fold;
mod inference;
mod layout;
mod program;
mod setup;
mod shape;

pub use counts::SplitTraffic;
pub use fold::{Folded, SquareFolding};
pub use inference::{Blocks, SplitInference, SplitWeights};
pub use layout::{SplitLayout, Tiles};
pub(super) use program::check_places;
pub use program::{SplitAnswer, SplitCall, SplitHeld, SplitRequest, SplitSamples, SplitTraining};
pub use setup::{Samples, SplitSetup};
#[cfg(feature = "wire")]
pub(crate) use setup::{is_one_share, one_share};
pub use shape::{Arrangement, TileShape};
pub(super) use shape::{check_sides, check_slots};

use crate::{Result, SetupError, nn::shapes::check_widths};

/// The widths of a network as they are written: `4-8-3`.
pub(super) fn text_of(widths: &[usize]) -> String {
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

/// The numbers of features, hidden units and outputs of a network with one hidden layer.
fn one_hidden_layer(widths: &[usize]) -> Result<[usize; 3]> {
    check_widths(widths)?;
    widths.try_into().map_err(|_| {
        let (layout, network, alternative) = ("split", text_of(widths), "axis");
        SetupError::LayoutUnsuited { layout, network, reason: "it requires exactly one hidden layer", alternative }
            .into()
    })
}
