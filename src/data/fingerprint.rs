//! What tells one table from another.

use std::hash::Hasher as _;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::{LabelledTable, NumericTable, Table, Values};

impl LabelledTable {
    /// A hash of names, values and classes, the same on every machine. The name of the data set is not part of it. It
    /// tells mistakes, not forgeries.
    ///
    /// ```
    /// use seal_nn::data::{DataSet, LabelledTable};
    /// let table = |name| LabelledTable::try_from(DataSet::load(name)?);
    /// assert_eq!(table("iris")?.fingerprint(), table("Iris")?.fingerprint());
    /// assert_ne!(table("iris")?.fingerprint(), table("wine")?.fingerprint());
    /// # Ok::<(), seal_nn::DataError>(())
    /// ```
    pub fn fingerprint(&self) -> u128 {
        let mut hasher = Hasher::default();
        for count in [self.table.samples(), self.table.columns().len(), self.classes.len()] {
            hasher.number(count);
        }
        self.classes.iter().for_each(|class| hasher.text(class));
        self.labels.iter().for_each(|&label| hasher.number(label));
        hasher.columns(&self.table);
        self.held_out.iter().for_each(|&samples| hasher.number(samples));
        hasher.0.finish128().as_u128()
    }
}

impl NumericTable {
    /// A hash of names, values and targets, as [`LabelledTable::fingerprint`] is one.
    pub fn fingerprint(&self) -> u128 {
        let mut hasher = Hasher::default();
        for count in [self.table.samples(), self.table.columns().len()] {
            hasher.number(count);
        }
        hasher.text(&self.target);
        hasher.values(&self.values);
        hasher.columns(&self.table);
        hasher.0.finish128().as_u128()
    }
}

#[derive(Default)]
struct Hasher(SipHasher24);

impl Hasher {
    fn number(&mut self, number: usize) {
        self.0.write(&(number as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.write(text.as_bytes());
    }

    fn values(&mut self, values: &[f64]) {
        values.iter().for_each(|value| self.0.write(&value.to_bits().to_le_bytes()));
    }

    fn columns(&mut self, table: &Table) {
        for column in table.columns() {
            self.text(&column.name);
            match &column.values {
                Values::Numbers(numbers) => {
                    self.0.write(b"n");
                    self.values(numbers);
                }
                Values::Words(words) => {
                    self.0.write(b"w");
                    // No word is empty.
                    words.iter().for_each(|word| self.text(word.unwrap_or_default()));
                }
            }
        }
    }
}
