//! From the columns of a table to the inputs of a network: gaps are filled, words become one-hot columns, and all is
//! scaled, with statistics of the training part only.

use std::collections::BTreeSet;

use ndarray::{Array2, Axis, concatenate};
use serde::{Deserialize, Serialize};

use super::{Column, CsvFile, LabelledTable, Note, Scaler, Selection, Table, Values, Words};
use crate::error::DataError;

/// Rarer words of the training part have no feature: a network would learn these samples by heart.
const LEAST_OF_A_WORD: usize = 3;

/// How columns become features, fitted on the training part of a table.
///
/// ```
/// use seal_nn::data::{ColumnChoice, CsvFile, Gaps, LabelledTable, Preparation, Selection};
/// # let sample = |i: usize| format!("{}.5,{},{}\n", i % 7, ["red", "?", "blue"][i % 3], ["rose", "aster"][i % 2]);
/// # let text = "length,colour,kind\n".to_owned() + &(0..20).map(sample).collect::<String>();
/// let file = CsvFile::parse("flowers.csv", text.as_bytes())?; // length,colour,kind
/// let (flowers, _) = LabelledTable::from_csv("flowers", &file, &ColumnChoice::default(), Gaps::Fill)?;
/// let (train, test) = flowers.split(0.2, 0)?;
/// let preparation = Preparation::fit(&train)?;
/// assert_eq!(preparation.feature_names(), ["length", "colour=blue", "colour=red"]);
/// let (features, _) = preparation.encode(&test.table)?;
/// let inputs = preparation.scaler().apply(&features)?; // from -1 to 1
/// assert_eq!(inputs.dim(), (4, 3));
///
/// // Later, columns are found by name.
/// let more = CsvFile::parse("more.csv", b"colour,length\nred,1.5\n,2.5\n")?;
/// let (features, notes) = preparation.read(&more, &Selection::default())?;
/// assert_eq!(features.row(0).to_vec(), [1.5, 0.0, 1.0]);
/// # Ok::<(), seal_nn::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Preparation {
    columns: Vec<PreparedColumn>,
    scaler: Scaler,
}

/// A column with its encoding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparedColumn {
    /// Its name.
    pub name: String,
    /// How its values become features.
    pub encoding: Encoding,
}

/// How the values of a column become features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum Encoding {
    /// One feature: the number.
    Number {
        /// The median, for gaps; `None` if they are not known.
        fill: Option<f64>,
    },
    /// One feature per word: 1 for the word of the sample, and 0 for the others. Rare words have none.
    Words {
        /// The words, sorted.
        words: Vec<String>,
        /// The commonest, for gaps.
        fill: String,
    },
}

impl Preparation {
    /// The columns of the training part, with medians, commonest words, means and deviations.
    ///
    /// # Errors
    /// `DataError::NoSamples` if no column has values.
    pub fn fit(train: &LabelledTable) -> Result<Preparation, DataError> {
        let columns: Vec<PreparedColumn> = train.table.columns().iter().filter_map(PreparedColumn::fit).collect();
        if columns.is_empty() {
            return Err(DataError::NoSamples { op: "preparing columns" });
        }
        let (features, _) = encode(&columns, &train.table)?;
        let scaler = Scaler::fit_as(&features, train.scaling)?;
        Ok(Preparation { columns, scaler })
    }

    /// A preparation with known figures.
    ///
    /// # Errors
    /// `DataError::WrongFeatures` if the scaler has another number of features than the columns; `DataError::BadColumn`
    /// for a median that is not finite, or words that are repeated, not sorted or without the one that fills gaps.
    pub fn new(columns: Vec<PreparedColumn>, scaler: Scaler) -> Result<Preparation, DataError> {
        let (expected, actual) = (columns.iter().map(PreparedColumn::width).sum(), scaler.mean().len());
        if expected != actual {
            return Err(DataError::WrongFeatures { expected, actual });
        }
        match columns.iter().find(|column| !column.is_valid()) {
            Some(column) => Err(DataError::BadColumn { column: column.name.clone() }),
            None => Ok(Preparation { columns, scaler }),
        }
    }

    /// Columns of numbers with the given names, whose gaps are refused.
    ///
    /// # Errors
    /// `DataError::WrongFeatures` if the scaler has another number of features.
    pub fn of_numbers(
        names: impl IntoIterator<Item = impl Into<String>>,
        scaler: Scaler,
    ) -> Result<Preparation, DataError> {
        let number = |name: String| PreparedColumn { name, encoding: Encoding::Number { fill: None } };
        Preparation::new(names.into_iter().map(Into::into).map(number).collect(), scaler)
    }

    /// The columns.
    pub fn columns(&self) -> &[PreparedColumn] {
        &self.columns
    }

    /// The scaler of the features.
    pub fn scaler(&self) -> &Scaler {
        &self.scaler
    }

    /// The names of the features: that of the column, or `column=word`.
    pub fn feature_names(&self) -> Vec<String> {
        self.columns.iter().flat_map(PreparedColumn::feature_names).collect()
    }

    /// The features of a table with the same columns, samples x features, not scaled, and notes on gaps and unknown
    /// words. A word that the training part did not have, or less than three times, is 0 in all features of its column.
    ///
    /// # Errors
    /// `DataError::NoSuchColumn` if the table has other columns or columns of another kind; `DataError::Gap` for a gap in
    /// a column without a median.
    pub fn encode(&self, table: &Table) -> Result<(Array2<f64>, Vec<Note>), DataError> {
        encode(&self.columns, table)
    }

    /// The features in a file, as [`encode`](Preparation::encode) returns them.
    ///
    /// # Errors
    /// `DataError::Csv` for columns that are missing or unclear, and for cells of the wrong kind.
    pub fn read(&self, file: &CsvFile, selection: &Selection) -> Result<(Array2<f64>, Vec<Note>), DataError> {
        let (table, mut notes) = Table::matching(file, &self.columns, selection)?;
        let (features, more) = self.encode(&table)?;
        notes.extend(more);
        Ok((features, notes))
    }
}

/// The features of a table, in the order of the prepared columns, which are those of the table or some of them.
fn encode(columns: &[PreparedColumn], table: &Table) -> Result<(Array2<f64>, Vec<Note>), DataError> {
    let mut notes = Vec::new();
    let mut parts = Vec::new();
    for column in columns {
        let found = table.columns().iter().find(|found| found.name == column.name);
        let found = found.ok_or_else(|| DataError::NoSuchColumn { column: column.name.clone() })?;
        parts.push(column.encode(found, &mut notes)?);
    }
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    // All parts have one row per sample.
    Ok((concatenate(Axis(1), &views).unwrap_or_default(), notes))
}

impl PreparedColumn {
    /// `None` without values.
    fn fit(column: &Column) -> Option<PreparedColumn> {
        let encoding = match &column.values {
            Values::Numbers(numbers) => {
                let mut present: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
                present.sort_by(f64::total_cmp);
                Encoding::Number { fill: Some(median(&present)?) }
            }
            Values::Words(words) => {
                let counts = words.counts();
                // In a tie, the first word.
                let (fill, _) = counts.iter().rev().max_by_key(|(_, count)| **count)?;
                let frequent = counts.iter().filter(|(word, count)| **count >= LEAST_OF_A_WORD || *word == fill);
                let words = frequent.map(|(&word, _)| word.to_owned()).collect();
                Encoding::Words { words, fill: (*fill).to_owned() }
            }
        };
        Some(PreparedColumn { name: column.name.clone(), encoding })
    }

    /// The number of its features.
    pub fn width(&self) -> usize {
        match &self.encoding {
            Encoding::Number { .. } => 1,
            Encoding::Words { words, .. } => words.len(),
        }
    }

    fn feature_names(&self) -> Vec<String> {
        match &self.encoding {
            Encoding::Number { .. } => vec![self.name.clone()],
            Encoding::Words { words, .. } => words.iter().map(|word| format!("{}={word}", self.name)).collect(),
        }
    }

    fn is_valid(&self) -> bool {
        match &self.encoding {
            Encoding::Number { fill } => fill.is_none_or(f64::is_finite),
            Encoding::Words { words, fill } => words.is_sorted_by(|a, b| a < b) && words.contains(fill),
        }
    }

    /// samples x features.
    fn encode(&self, column: &Column, notes: &mut Vec<Note>) -> Result<Array2<f64>, DataError> {
        let gaps = column.values.gaps();
        let mut filled = |with: String| {
            if gaps > 0 {
                notes.push(Note::Filled { column: self.name.clone(), gaps, with });
            }
        };
        match (&self.encoding, &column.values) {
            (Encoding::Number { fill }, Values::Numbers(numbers)) => {
                let fill = fill.or((gaps == 0).then_some(0.0));
                let fill = fill.ok_or_else(|| DataError::Gap { column: self.name.clone() })?;
                filled(fill.to_string());
                let or_fill = |number: &f64| if number.is_nan() { fill } else { *number };
                Ok(Array2::from_shape_fn((numbers.len(), 1), |(sample, _)| or_fill(&numbers[sample])))
            }
            (Encoding::Words { words, fill }, Values::Words(found)) => {
                filled(fill.clone());
                let codes: Vec<Option<usize>> = found
                    .iter()
                    .map(|word| words.binary_search_by(|known| known.as_str().cmp(word.unwrap_or(fill))).ok())
                    .collect();
                notes.extend(self.unknown(found, &codes));
                let one_hot = |(sample, word)| f64::from(u8::from(codes[sample] == Some(word)));
                Ok(Array2::from_shape_fn((codes.len(), words.len()), one_hot))
            }
            _ => Err(DataError::NoSuchColumn { column: self.name.clone() }),
        }
    }

    /// A note on words that have no feature.
    fn unknown(&self, found: &Words, codes: &[Option<usize>]) -> Option<Note> {
        let unknown = || found.iter().zip(codes).filter(|(_, code)| code.is_none()).filter_map(|(word, _)| word);
        let words: BTreeSet<&str> = unknown().collect();
        (!words.is_empty()).then(|| Note::UnknownWords {
            column: self.name.clone(),
            words: words.into_iter().map(str::to_owned).collect(),
            samples: unknown().count(),
        })
    }
}

/// The median of sorted numbers.
fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len().is_multiple_of(2)) {
        // Halved first, so that the sum does not overflow.
        (Some(upper), true) => Some(sorted[middle - 1] / 2.0 + upper / 2.0),
        (found, _) => found.copied(),
    }
}
