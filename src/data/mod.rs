//! Data sets, seeded splits, scaling and targets, as plain numbers.
//!
//! Every array of samples has the shape samples x features. The usual way from a name to what a network trains on:
//!
//! ```
//! use seal_nn::data::{DataSet, Scaler, centred_one_hot};
//!
//! let iris = DataSet::load("iris")?;
//! let split = iris.split(0.2, 0)?;
//! let scaler = Scaler::fit(&split.train.features)?; // the test part has no say in it
//! let inputs = scaler.apply(&split.train.features)?;
//! let targets = centred_one_hot(&split.train.labels, iris.classes.len())?;
//! assert_eq!((inputs.dim(), targets.dim()), ((120, 4), (120, 3)));
//! # Ok::<(), seal_nn::DataError>(())
//! ```

mod iris;
mod scaler;
mod set;
mod split;
mod targets;

pub use scaler::{CLIP, Scaler};
pub use set::DataSet;
pub use split::Split;
pub use targets::centred_one_hot;
