//! Sentence embeddings with labels, from files.

use std::{fs, io, path::Path};

use half::f16;
use ndarray::{Array1, Array2, Axis};
use safetensors::{Dtype, SafeTensors};

use crate::DataError;

/// Embeddings of samples with known classes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Embeddings {
    /// `samples x width`.
    pub vectors: Array2<f64>,
    /// The class of each sample, counted from 0.
    pub labels: Vec<usize>,
}

impl Embeddings {
    /// Embeddings (`samples x width`) of known classes, counted from 0.
    ///
    /// # Errors
    /// `Inconsistent` for another number of labels than of embeddings.
    pub fn new(vectors: Array2<f64>, labels: Vec<usize>) -> Result<Embeddings, DataError> {
        let (expected, actual) = (vectors.nrows(), labels.len());
        if expected != actual {
            return Err(DataError::Inconsistent { name: "embeddings".into(), what: "labels", expected, actual });
        }
        Ok(Embeddings { vectors, labels })
    }

    /// Reads a part, such as `train` or `test`, from a folder:
    ///
    /// - `PART.safetensors` with the tensors `embeddings` (`samples x width`; F16, F32 or F64) and `labels` (`samples`;
    ///   U8, I32 or I64), or
    /// - `PART.emb.npy` (floats of 2, 4 or 8 bytes) and beside it `PART.labels.npy` (integers) or `PART.tsv`, whose last
    ///   column is the label.
    ///
    /// # Errors
    /// `NoEmbeddings` if the folder has neither; `BadEmbeddings` if a file is damaged, has other types or shapes,
    /// contains numbers that are not finite, or has labels that do not match the embeddings.
    pub fn load(folder: &Path, part: &str) -> Result<Embeddings, DataError> {
        let file = |ending: &str| folder.join(format!("{part}.{ending}"));
        let (tensors, npy) = (file("safetensors"), file("emb.npy"));
        let (path, vectors, labels) = if tensors.is_file() {
            let (vectors, labels) = of_safetensors(&tensors)?;
            (tensors, vectors, labels)
        } else if npy.is_file() {
            let vectors = of_npy(&npy)?;
            let labels = match file("labels.npy") {
                path if path.is_file() => labels_of_npy(&path)?,
                _ => labels_of_tsv(&file("tsv"))?,
            };
            (npy, vectors, labels)
        } else {
            return Err(DataError::NoEmbeddings { folder: folder.into(), part: part.into() });
        };
        let bad = |reason: String| Err(DataError::BadEmbeddings { path: path.clone(), reason });
        if vectors.nrows() != labels.len() {
            return bad(format!("it has {} embeddings, and {} labels belong to them", vectors.nrows(), labels.len()));
        }
        if vectors.is_empty() {
            return bad("it has no embeddings".into());
        }
        if let Some(((sample, _), value)) = vectors.indexed_iter().find(|(_, v)| !v.is_finite()) {
            return bad(format!("embedding {sample} holds {value}, which is no finite number"));
        }
        Ok(Embeddings { vectors, labels })
    }

    /// The number of classes: one more than the largest label.
    pub fn classes(&self) -> usize {
        self.labels.iter().max().map_or(0, |largest| largest.saturating_add(1))
    }

    /// The embeddings relative to another origin, such as the mean of the training part. What all embeddings have in
    /// common carries no information about their classes and slows down training.
    ///
    /// # Errors
    /// `WrongFeatures` for an origin of another width.
    pub fn about(&self, origin: &Array1<f64>) -> Result<Embeddings, DataError> {
        let (expected, actual) = (origin.len(), self.vectors.ncols());
        if expected != actual {
            return Err(DataError::WrongFeatures { expected, actual });
        }
        Ok(Embeddings { vectors: &self.vectors - origin, labels: self.labels.clone() })
    }

    /// The mean of all embeddings.
    pub fn mean(&self) -> Array1<f64> {
        self.vectors.mean_axis(Axis(0)).unwrap_or_default()
    }

    /// The first `samples` embeddings, or all of them if there are fewer.
    pub fn first(&self, samples: usize) -> Embeddings {
        self.range(0, samples)
    }

    /// The embeddings from `start` up to but excluding `end`, as far as they exist.
    pub fn range(&self, start: usize, end: usize) -> Embeddings {
        let samples = self.labels.len().min(self.vectors.nrows());
        let start = start.min(samples);
        let rows = start..end.min(samples).max(start);
        Embeddings {
            vectors: self.vectors.slice(ndarray::s![rows.clone(), ..]).to_owned(),
            labels: self.labels[rows].to_vec(),
        }
    }
}

fn bad(path: &Path, reason: impl ToString) -> DataError {
    DataError::BadEmbeddings { path: path.into(), reason: reason.to_string() }
}

fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    fs::read(path).map_err(|error| bad(path, error))
}

fn of_safetensors(path: &Path) -> Result<(Array2<f64>, Vec<usize>), DataError> {
    let bytes = read(path)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| bad(path, error))?;
    let tensor = |name: &str| tensors.tensor(name).map_err(|_| bad(path, format!("it has no tensor {name:?}")));
    let (embeddings, labels) = (tensor("embeddings")?, tensor("labels")?);
    let data = embeddings.data();
    let values: Vec<f64> = match embeddings.dtype() {
        Dtype::F16 => words(data).map(|w| f16::from_le_bytes(w).to_f64()).collect(),
        Dtype::F32 => words(data).map(|w| f64::from(f32::from_le_bytes(w))).collect(),
        Dtype::F64 => words(data).map(f64::from_le_bytes).collect(),
        other => return Err(bad(path, format!("its embeddings are {other:?}, and F16, F32 or F64 can be read"))),
    };
    let &[samples, width] = embeddings.shape() else {
        return Err(bad(path, format!("its embeddings have the shape {:?}, not samples x width", embeddings.shape())));
    };
    let data = labels.data();
    let classes: Vec<i64> = match labels.dtype() {
        Dtype::U8 => data.iter().map(|&label| label.into()).collect(),
        Dtype::I32 => words(data).map(|w| i32::from_le_bytes(w).into()).collect(),
        Dtype::I64 => words(data).map(i64::from_le_bytes).collect(),
        other => return Err(bad(path, format!("its labels are {other:?}, and U8, I32 or I64 can be read"))),
    };
    let vectors = Array2::from_shape_vec((samples, width), values).map_err(|error| bad(path, error))?;
    Ok((vectors, labels_of(path, classes)?))
}

fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    data.as_chunks::<N>().0.iter().copied()
}

fn of_npy(path: &Path) -> Result<Array2<f64>, DataError> {
    let bytes = read(path)?;
    let file = npyz::NpyFile::new(&bytes[..]).map_err(|error| bad(path, error))?;
    let &[samples, width] = file.shape() else {
        return Err(bad(path, format!("it has the shape {:?}, not samples x width", file.shape())));
    };
    if file.order() == npyz::Order::Fortran {
        return Err(bad(path, "it is in Fortran order: save numpy.ascontiguousarray(...) of it"));
    }
    // The size in the header is not trusted: missing data is detected when it is read.
    let dimensions = (samples as usize, width as usize);
    let kind = file.dtype().descr();
    let values: io::Result<Vec<f64>> = match kind.trim_matches('\'') {
        "<f2" => file.data::<f16>().map_err(|e| bad(path, e))?.map(|v| Ok(v?.to_f64())).collect(),
        "<f4" => file.data::<f32>().map_err(|e| bad(path, e))?.map(|v| Ok(f64::from(v?))).collect(),
        "<f8" => file.data::<f64>().map_err(|e| bad(path, e))?.collect(),
        other => return Err(bad(path, format!("its numbers are {other}, and <f2, <f4 or <f8 can be read"))),
    };
    Array2::from_shape_vec(dimensions, values.map_err(|error| bad(path, error))?).map_err(|error| bad(path, error))
}

fn labels_of_npy(path: &Path) -> Result<Vec<usize>, DataError> {
    let bytes = read(path)?;
    let file = npyz::NpyFile::new(&bytes[..]).map_err(|error| bad(path, error))?;
    let kind = file.dtype().descr();
    let values: io::Result<Vec<i64>> = match kind.trim_matches('\'') {
        "|u1" => file.data::<u8>().map_err(|e| bad(path, e))?.map(|v| Ok(v?.into())).collect(),
        "<i4" => file.data::<i32>().map_err(|e| bad(path, e))?.map(|v| Ok(v?.into())).collect(),
        "<i8" => file.data::<i64>().map_err(|e| bad(path, e))?.collect(),
        other => return Err(bad(path, format!("its labels are {other}, and |u1, <i4 or <i8 can be read"))),
    };
    labels_of(path, values.map_err(|error| bad(path, error))?)
}

fn labels_of_tsv(path: &Path) -> Result<Vec<usize>, DataError> {
    let text = String::from_utf8(read(path)?).map_err(|error| bad(path, error))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let label = |(number, line): (usize, &str)| {
        let last = line.rsplit('\t').next().unwrap_or(line).trim();
        last.parse::<i64>().map_err(|_| {
            bad(path, format!("line {} ends in {last:?}, which is no label (an integer after a tab)", number + 1))
        })
    };
    labels_of(path, lines.map(label).collect::<Result<_, _>>()?)
}

/// With more classes, the column probably contains something else.
const MOST_CLASSES: usize = 1000;

fn labels_of(path: &Path, labels: Vec<i64>) -> Result<Vec<usize>, DataError> {
    let label = |(sample, label): (usize, i64)| {
        usize::try_from(label).ok().filter(|&class| class < MOST_CLASSES).ok_or_else(|| {
            bad(path, format!("the label of sample {sample} is {label}: classes count from 0 to {}", MOST_CLASSES - 1))
        })
    };
    labels.into_iter().enumerate().map(label).collect()
}

#[cfg(test)]
mod tests {
    use npyz::WriterBuilder;
    use safetensors::tensor::TensorView;

    use super::*;

    const ROWS: [[f32; 3]; 2] = [[0.5, -1.25, 3.0], [0.0, 2.0, -0.75]];

    fn write_npy<T: npyz::AutoSerialize>(path: &Path, shape: &[u64], values: impl IntoIterator<Item = T>) {
        let mut bytes = Vec::new();
        let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd().unwrap();
        writer.extend(values).unwrap();
        writer.finish().unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn write_safetensors(path: &Path, labels: &[u8]) {
        let bytes: Vec<u8> = ROWS.iter().flatten().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect();
        let embeddings = TensorView::new(Dtype::F16, vec![2, 3], &bytes).unwrap();
        let labels = TensorView::new(Dtype::U8, vec![labels.len()], labels).unwrap();
        let all = safetensors::serialize([("embeddings", embeddings), ("labels", labels)], None).unwrap();
        fs::write(path, all).unwrap();
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn all_forms_give_the_same() {
        let expected =
            Embeddings { vectors: Array2::from_shape_fn((2, 3), |(i, j)| f64::from(ROWS[i][j])), labels: vec![1, 0] };
        let dir = folder();
        let at = |name: &str| dir.path().join(name);
        write_safetensors(&at("a.safetensors"), &[1, 0]);
        write_npy(&at("b.emb.npy"), &[2, 3], ROWS.into_iter().flatten().map(f16::from_f32));
        write_npy(&at("b.labels.npy"), &[2], [1i64, 0]);
        write_npy(&at("c.emb.npy"), &[2, 3], ROWS.into_iter().flatten());
        fs::write(at("c.tsv"), "a sentence\t1\nanother\t0\n").unwrap();
        write_npy(&at("d.emb.npy"), &[2, 3], ROWS.into_iter().flatten().map(f64::from));
        write_npy(&at("d.labels.npy"), &[2], [1u8, 0]);
        for part in ["a", "b", "c", "d"] {
            assert_eq!(Embeddings::load(dir.path(), part).unwrap(), expected, "{part}");
        }
        assert_eq!(expected.classes(), 2);
        assert_eq!(expected.first(1).labels, [1]);
        assert_eq!(expected.range(1, 9).labels, [0]);
        assert!(expected.range(5, 9).labels.is_empty());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let dir = folder();
        let at = |name: &str| dir.path().join(name);
        let refused = |part: &str, words: &[&str]| {
            let error = Embeddings::load(dir.path(), part).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{part}: {error}");
        };
        refused("none", &["none.safetensors", "none.emb.npy"]);
        write_safetensors(&at("few.safetensors"), &[1]);
        refused("few", &["few.safetensors", "2 embeddings", "1 labels"]);
        fs::write(at("damaged.safetensors"), b"\xff\xff\xff\xff\xff\xff\xff\x7f{}").unwrap();
        refused("damaged", &["damaged.safetensors"]);
        write_npy(&at("flat.emb.npy"), &[6], ROWS.into_iter().flatten());
        fs::write(at("flat.tsv"), "x\t1\n").unwrap();
        refused("flat", &["samples x width"]);
        write_npy(&at("nan.emb.npy"), &[2, 3], [0.0, f64::NAN, 0.0, 0.0, 0.0, 0.0]);
        fs::write(at("nan.tsv"), "x\t1\ny\t0").unwrap();
        refused("nan", &["embedding 0", "NaN"]);
        write_npy(&at("text.emb.npy"), &[2, 3], ROWS.into_iter().flatten());
        fs::write(at("text.tsv"), "x\t1\ny\tgood").unwrap();
        refused("text", &["line 2", "good"]);
        write_npy(&at("ids.emb.npy"), &[2, 3], ROWS.into_iter().flatten());
        write_npy(&at("ids.labels.npy"), &[2], [1i64, -7]);
        refused("ids", &["-7", "sample 1"]);
        let mut short = fs::read(at("text.emb.npy")).unwrap();
        short.truncate(short.len() - 3);
        fs::write(at("short.emb.npy"), short).unwrap();
        fs::write(at("short.tsv"), "x\t1\ny\t0").unwrap();
        refused("short", &["short.emb.npy"]);
    }
}
