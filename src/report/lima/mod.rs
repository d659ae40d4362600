//! The report of the layer and the network of Florencio, Alencar and Lima 2025 (arXiv 2502.16176).

mod error_plot;

pub use error_plot::{ErrorCurve, error_plot};
