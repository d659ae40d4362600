//! `model.safetensors`: the weights.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device, Tensor, safetensors};
use ndarray::Array2;

use super::file::File;
use crate::error::{CheckpointError, CheckpointProblem, TextError};

/// The prefix of the encoder's tensors in a checkpoint with a head.
const PREFIX: &str = "distilbert.";

/// The tensors of a file, by their names without the prefix.
pub(super) struct Tensors {
    path: PathBuf,
    tensors: HashMap<String, Tensor>,
}

impl Tensors {
    /// Reads all tensors.
    ///
    /// # Errors
    /// `Missing` or `Damaged`.
    pub(super) fn read(path: &Path) -> Result<Tensors, CheckpointError> {
        let file = File::read(path, "the weights in the format safetensors")?;
        // A clone of a repository without git-lfs contains this text instead of large files.
        if file.bytes.starts_with(b"version ") {
            return Err(file.damaged("it is a short text, as git-lfs leaves it for files not fetched"));
        }
        let tensors = safetensors::load_buffer(&file.bytes, &Device::Cpu).map_err(|e| file.damaged(e))?;
        let bare = |name: String| name.strip_prefix(PREFIX).map_or(name.clone(), str::to_owned);
        Ok(Tensors { path: path.into(), tensors: tensors.into_iter().map(|(name, t)| (bare(name), t)).collect() })
    }

    /// Keeps only the tensors of these layers.
    pub(super) fn keep(&mut self, layers: &[&str]) {
        self.tensors.retain(|name, _| name.rsplit_once('.').is_some_and(|(layer, _)| layers.contains(&layer)));
    }

    /// The dimensions of a tensor.
    ///
    /// # Errors
    /// `NoTensor`, with the kind of checkpoint that has it.
    pub(super) fn shape(&self, name: &str, remedy: &'static str) -> Result<&[usize], CheckpointError> {
        self.find(name, remedy).map(Tensor::dims)
    }

    /// A tensor of finite numbers, as `f32`.
    ///
    /// # Errors
    /// `NoTensor`, `WrongShape` or `BadNumbers`.
    pub(super) fn get(&self, name: &str, shape: &[usize], remedy: &'static str) -> Result<Tensor, TextError> {
        let tensor = self.find(name, remedy)?;
        if tensor.dims() != shape {
            let (expected, actual) = (shape.into(), tensor.dims().into());
            return Err(self.refuse(CheckpointProblem::WrongShape { name: name.into(), expected, actual }).into());
        }
        let bad = |actual: String| self.refuse(CheckpointProblem::BadNumbers { name: name.into(), actual });
        if !tensor.dtype().is_float() {
            return Err(bad(format!("type {}", tensor.dtype().as_str())).into());
        }
        let tensor = tensor.to_dtype(DType::F32).map_err(failed)?;
        let numbers = tensor.flatten_all().and_then(|t| t.to_vec1::<f32>()).map_err(failed)?;
        if let Some(wrong) = numbers.iter().find(|w| !w.is_finite()) {
            return Err(bad(wrong.to_string()).into());
        }
        Ok(tensor)
    }

    /// A tensor as plain numbers; a vector is one row.
    ///
    /// # Errors
    /// `NoTensor`, `WrongShape` or `BadNumbers`.
    pub(super) fn numbers(&self, name: &str, shape: &[usize], remedy: &'static str) -> Result<Array2<f64>, TextError> {
        let tensor = self.get(name, shape, remedy)?;
        let numbers = tensor.flatten_all().and_then(|t| t.to_vec1::<f32>()).map_err(failed)?;
        let columns = shape.last().copied().unwrap_or(1);
        let rows = shape.iter().rev().skip(1).product();
        Array2::from_shape_vec((rows, columns), numbers.into_iter().map(f64::from).collect()).map_err(failed)
    }

    fn find(&self, name: &str, remedy: &'static str) -> Result<&Tensor, CheckpointError> {
        let missing = || self.refuse(CheckpointProblem::NoTensor { name: name.into(), remedy });
        self.tensors.get(name).ok_or_else(missing)
    }

    fn refuse(&self, problem: CheckpointProblem) -> CheckpointError {
        CheckpointError { path: self.path.clone(), problem }
    }
}

/// Errors that cannot happen after these checks, unless memory runs out.
pub(super) fn failed(error: impl ToString) -> TextError {
    TextError::Failed { reason: error.to_string() }
}
