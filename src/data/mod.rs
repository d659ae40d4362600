//! Data sets, seeded splits, scaling and targets, as plain numbers.
//!
//! Every array of samples has the shape samples x features. [`Preparation`] is the usual way from a table of numbers and
//! words to the inputs of a network. A data set of numbers alone needs less:
//!
//! ```
//! use seal_nn::data::{DataSet, centred_one_hot};
//!
//! let iris = DataSet::load("iris")?;
//! let split = iris.split(0.2, 0)?;
//! let scaler = split.train.scaler()?; // the test part has no say in it
//! let inputs = scaler.apply(&split.train.features)?;
//! let targets = centred_one_hot(&split.train.labels, iris.classes.len())?;
//! assert_eq!((inputs.dim(), targets.dim()), ((120, 4), (120, 3)));
//! # Ok::<(), seal_nn::DataError>(())
//! ```

mod breast_cancer;
mod csv;
mod digits;
#[cfg(feature = "embeddings")]
mod embeddings;
mod fingerprint;
mod iris;
mod labelled;
mod note;
mod preparation;
mod scaler;
mod set;
mod split;
mod table;
mod targets;
mod wine;

pub use csv::{CsvBlocks, CsvFile, CsvFormat};
#[cfg(feature = "embeddings")]
pub use embeddings::Embeddings;
pub use note::{Note, Reason};
pub use preparation::{
    Components, Encoding, Hinges, Preparation, PreparationChoice, PreparedColumn, PrincipalComponents,
};
pub use scaler::{CLIP, Scaler, Scaling};
pub use set::DataSet;
pub use split::Split;
pub use table::{Column, ColumnChoice, Gaps, LabelledTable, NumericTable, Selection, Table, Values, Words};
pub use targets::{TargetScale, centred_one_hot};
