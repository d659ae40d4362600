//! How good a network is on samples that it was not trained on, with scikit-learn's definitions.
//!
//! [`Classification`] compares predicted classes with those of the samples, and [`Regression`] predicted numbers. Both
//! serialise under the names below.
//!
//! | figure | scikit-learn |
//! |---|---|
//! | [`Classification::accuracy`] | `accuracy_score` |
//! | [`Classification::macro_f1`] | `f1_score(average="macro")` over all classes |
//! | [`Classification::log_loss`] | `log_loss` |
//! | [`Classification::confusion`] | `confusion_matrix` |
//! | [`Classification::classes`] | `precision_recall_fscore_support`, with 0 for 0 / 0 |
//! | [`Errors::r2`] | `r2_score` |
//! | [`Errors::mean_absolute_error`] | `mean_absolute_error` |
//! | [`Errors::root_mean_squared_error`] | `root_mean_squared_error` |

mod classification;
mod regression;

pub use classification::{ClassScores, Classification};
pub use regression::{Errors, Regression};
