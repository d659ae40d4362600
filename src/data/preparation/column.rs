//! One column of a table, and its features.

use std::collections::BTreeSet;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::{
    DataError,
    data::{Column, Note, Values, Words},
};

/// Rarer words of the training part have no feature: a network would learn these samples by heart.
const LEAST_OF_A_WORD: usize = 3;

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
    /// The number, and with a hinge `max(number - hinge, 0)` as a second feature.
    Number {
        /// The median, for gaps; `None` if they are not known.
        fill: Option<f64>,
        /// Where the second feature begins to rise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hinge: Option<f64>,
    },
    /// One feature per word: 1 for the word of the sample, and 0 for the others. Rare words have none.
    Words {
        /// The words, sorted.
        words: Vec<String>,
        /// The commonest, for gaps.
        fill: String,
    },
}

impl PreparedColumn {
    /// With a hinge if it says anything; `None` without values.
    pub(super) fn fit(column: &Column) -> Option<PreparedColumn> {
        let encoding = match &column.values {
            Values::Numbers(numbers) => {
                let mut present: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
                present.sort_by(f64::total_cmp);
                let median = median(&present)?;
                Encoding::Number { fill: Some(median), hinge: Some(median).filter(|at| bends(&present, *at)) }
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

    /// A column of numbers whose gaps are refused.
    pub(crate) fn number(name: impl Into<String>) -> PreparedColumn {
        PreparedColumn { name: name.into(), encoding: Encoding::Number { fill: None, hinge: None } }
    }

    pub(super) fn without_hinge(self) -> PreparedColumn {
        match self.encoding {
            Encoding::Number { fill, .. } => {
                PreparedColumn { encoding: Encoding::Number { fill, hinge: None }, ..self }
            }
            Encoding::Words { .. } => self,
        }
    }

    /// Whether it has a hinge.
    pub(super) fn has_hinge(&self) -> bool {
        matches!(self.encoding, Encoding::Number { hinge: Some(_), .. })
    }

    /// The number of its features.
    pub fn width(&self) -> usize {
        match &self.encoding {
            Encoding::Number { hinge, .. } => 1 + usize::from(hinge.is_some()),
            Encoding::Words { words, .. } => words.len(),
        }
    }

    pub(super) fn feature_names(&self) -> Vec<String> {
        let name = &self.name;
        match &self.encoding {
            Encoding::Number { hinge, .. } => {
                let of_hinge = hinge.map(|at| match at < 0.0 {
                    true => format!("max({name} + {}, 0)", -at),
                    false => format!("max({name} - {at}, 0)"),
                });
                [name.clone()].into_iter().chain(of_hinge).collect()
            }
            Encoding::Words { words, .. } => words.iter().map(|word| format!("{name}={word}")).collect(),
        }
    }

    pub(super) fn is_valid(&self) -> bool {
        match &self.encoding {
            Encoding::Number { fill, hinge } => [fill, hinge].into_iter().flatten().all(|number| number.is_finite()),
            Encoding::Words { words, fill } => words.is_sorted_by(|a, b| a < b) && words.contains(fill),
        }
    }

    /// samples x features.
    pub(super) fn encode(&self, column: &Column, notes: &mut Vec<Note>) -> Result<Array2<f64>, DataError> {
        let gaps = column.values.gaps();
        let mut filled = |with: String| {
            if gaps > 0 {
                notes.push(Note::Filled { column: self.name.clone(), gaps, with });
            }
        };
        match (&self.encoding, &column.values) {
            (Encoding::Number { fill, hinge }, Values::Numbers(numbers)) => {
                let fill = fill.or((gaps == 0).then_some(0.0));
                let fill = fill.ok_or_else(|| DataError::Gap { column: self.name.clone() })?;
                filled(fill.to_string());
                let feature = |(sample, feature): (usize, usize)| {
                    let number = if numbers[sample].is_nan() { fill } else { numbers[sample] };
                    match hinge {
                        // A difference of numbers may overflow.
                        Some(at) if feature == 1 => (number - at).clamp(0.0, f64::MAX),
                        _ => number,
                    }
                };
                Ok(Array2::from_shape_fn((numbers.len(), self.width()), feature))
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

/// Whether `max(number - at, 0)` says more than the number: some numbers are below `at` and some above, and not all are
/// one of two, of which it would be linear.
fn bends(sorted: &[f64], at: f64) -> bool {
    let [least, .., most] = *sorted else { return false };
    least < at && at < most && sorted.iter().any(|&number| number != least && number != most)
}
