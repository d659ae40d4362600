//! From the columns of a table to the inputs of a network: gaps are filled, words become one-hot columns, numbers may get
//! hinges, wide tables may be reduced to principal components, and all is scaled, with statistics of the training part
//! only.

mod choice;
mod column;
mod components;
#[cfg(feature = "components")]
mod directions;
mod far;

use ndarray::{Array2, Axis, concatenate};

pub use choice::{Components, Hinges, PreparationChoice};
pub use column::{Encoding, PreparedColumn};
pub use components::PrincipalComponents;

use super::{CsvFile, Note, Scaler, Scaling, Selection, Table};
use crate::error::DataError;

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
    components: Option<PrincipalComponents>,
    scaler: Scaler,
}

impl Preparation {
    /// The columns of the training part, with medians, commonest words, means and deviations.
    ///
    /// # Errors
    /// `DataError::NoSamples` if no column has values.
    pub fn fit(train: &impl AsRef<Table>) -> Result<Preparation, DataError> {
        Preparation::fit_as(train, &PreparationChoice::plain())
    }

    /// Like [`fit`](Preparation::fit), with what was chosen beside it.
    ///
    /// ```
    /// use seal_nn::data::{DataSet, LabelledTable, Preparation, PreparationChoice};
    /// let iris = LabelledTable::try_from(DataSet::load("iris")?)?;
    /// let preparation = Preparation::fit_as(&iris, &PreparationChoice::default())?;
    /// assert_eq!(preparation.feature_names()[..2], ["sepal length (cm)", "max(sepal length (cm) - 5.8, 0)"]);
    /// # Ok::<(), seal_nn::DataError>(())
    /// ```
    ///
    /// # Errors
    /// `DataError::NoSamples` if no column has values.
    pub fn fit_as(train: &impl AsRef<Table>, choice: &PreparationChoice) -> Result<Preparation, DataError> {
        let train = train.as_ref();
        let with_hinges: Vec<PreparedColumn> = train.columns().iter().filter_map(PreparedColumn::fit).collect();
        if with_hinges.is_empty() {
            return Err(DataError::NoSamples { op: "preparing columns" });
        }
        let plain: Vec<PreparedColumn> = with_hinges.iter().cloned().map(PreparedColumn::without_hinge).collect();
        let count = choice.components.count(width(&plain));
        let has_hinges = count.is_none() && choice.hinges.are_for(width(&plain));
        let columns = if has_hinges { with_hinges } else { plain };
        let (features, _) = encode(&columns, train)?;
        let components = count.map(|count| PrincipalComponents::fit(&features, train.scaling(), count)).transpose()?;
        let features = replace(components.as_ref(), features)?;
        // Later components vary less, but may tell classes apart all the same.
        let scaling = if components.is_some() { Scaling::PerFeature } else { train.scaling() };
        let scaler = Scaler::fit_as(&features, scaling)?;
        Ok(Preparation { columns, components, scaler })
    }

    /// A preparation with known figures.
    ///
    /// # Errors
    /// `DataError::WrongFeatures` if the components do not have as many features as the columns, or the scaler not as
    /// many as these or the components; `DataError::BadColumn` for a median or a hinge that is not finite, or words that
    /// are repeated, not sorted or without the one that fills gaps.
    pub fn new(
        columns: Vec<PreparedColumn>,
        components: Option<PrincipalComponents>,
        scaler: Scaler,
    ) -> Result<Preparation, DataError> {
        let check = |expected, actual| match expected == actual {
            true => Ok(()),
            false => Err(DataError::WrongFeatures { expected, actual }),
        };
        let features = width(&columns);
        components.as_ref().map_or(Ok(()), |components| check(features, components.features()))?;
        check(components.as_ref().map_or(features, PrincipalComponents::count), scaler.mean().len())?;
        match columns.iter().find(|column| !column.is_valid()) {
            Some(column) => Err(DataError::BadColumn { column: column.name.clone() }),
            None => Ok(Preparation { columns, components, scaler }),
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
        Preparation::new(names.into_iter().map(PreparedColumn::number).collect(), None, scaler)
    }

    /// The columns.
    pub fn columns(&self) -> &[PreparedColumn] {
        &self.columns
    }

    /// The principal components that take the place of the features of the columns.
    pub fn components(&self) -> Option<&PrincipalComponents> {
        self.components.as_ref()
    }

    /// The scaler of the features.
    pub fn scaler(&self) -> &Scaler {
        &self.scaler
    }

    /// The number of features.
    pub fn features(&self) -> usize {
        self.scaler.mean().len()
    }

    /// The names of the features: that of the column, `max(column - median, 0)`, `column=word`, or `component 1` and so
    /// on.
    pub fn feature_names(&self) -> Vec<String> {
        match &self.components {
            None => self.columns.iter().flat_map(PreparedColumn::feature_names).collect(),
            Some(components) => (1..=components.count()).map(|number| format!("component {number}")).collect(),
        }
    }

    /// What was made of the columns beyond a feature per number or word.
    pub fn notes(&self) -> Vec<Note> {
        let hinges = self.columns.iter().filter(|column| column.has_hinge()).count();
        let hinges = (hinges > 0).then_some(Note::Hinges { columns: hinges });
        let reduced = self
            .components
            .as_ref()
            .map(|components| Note::Reduced { features: components.features(), components: components.count() });
        hinges.into_iter().chain(reduced).collect()
    }

    /// The features of a table with the same columns, samples x features, not scaled, and notes on gaps and unknown
    /// words. A word that the training part did not have, or less than three times, is 0 in all features of its column.
    ///
    /// # Errors
    /// `DataError::NoSuchColumn` if the table has other columns or columns of another kind; `DataError::Gap` for a gap in
    /// a column without a median.
    pub fn encode(&self, table: &Table) -> Result<(Array2<f64>, Vec<Note>), DataError> {
        let (features, notes) = encode(&self.columns, table)?;
        Ok((replace(self.components.as_ref(), features)?, notes))
    }

    /// The features in a file, as [`encode`](Preparation::encode) returns them, and notes on columns that were found loosely
    /// and on numbers that are not like those of the training part.
    ///
    /// # Errors
    /// `DataError::Csv` for columns that are missing or unclear, and for cells of the wrong kind.
    pub fn read(&self, file: &CsvFile, selection: &Selection) -> Result<(Array2<f64>, Vec<Note>), DataError> {
        let (table, mut notes) = Table::matching(file, &self.columns, selection)?;
        let (features, more) = self.encode(&table)?;
        notes.extend(more);
        notes.extend(self.clipped(&features));
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

/// The principal components of features, if they take their place.
fn replace(components: Option<&PrincipalComponents>, features: Array2<f64>) -> Result<Array2<f64>, DataError> {
    match components {
        None => Ok(features),
        Some(components) => components.apply(&features),
    }
}

fn width(columns: &[PreparedColumn]) -> usize {
    columns.iter().map(PreparedColumn::width).sum()
}
