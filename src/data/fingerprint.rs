//! What tells one table from another.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::{LabelledTable, Values};

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
        let mut hasher = SipHasher24::new();
        let number = |hasher: &mut SipHasher24, number: usize| hasher.write(&(number as u64).to_le_bytes());
        let text = |hasher: &mut SipHasher24, text: &str| {
            number(hasher, text.len());
            hasher.write(text.as_bytes());
        };
        for count in [self.table.samples(), self.table.columns().len(), self.classes.len()] {
            number(&mut hasher, count);
        }
        self.classes.iter().for_each(|class| text(&mut hasher, class));
        self.labels.iter().for_each(|&label| number(&mut hasher, label));
        for column in self.table.columns() {
            text(&mut hasher, &column.name);
            match &column.values {
                Values::Numbers(numbers) => {
                    hasher.write(b"n");
                    numbers.iter().for_each(|value| hasher.write(&value.to_bits().to_le_bytes()));
                }
                Values::Words(words) => {
                    hasher.write(b"w");
                    // No word is empty.
                    words.iter().for_each(|word| text(&mut hasher, word.unwrap_or_default()));
                }
            }
        }
        hasher.finish128().as_u128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Column, DataSet, Table, Words},
        error::DataError,
    };

    #[test]
    fn everything_but_the_name_counts() -> Result<(), DataError> {
        let iris = LabelledTable::try_from(DataSet::load("iris")?)?;
        let renamed = LabelledTable { name: "flowers".into(), ..iris.clone() };
        assert_eq!(renamed.fingerprint(), iris.fingerprint());
        let (mut label, mut class) = (iris.clone(), iris.clone());
        label.labels[149] = 0;
        class.classes[0].push('s');
        let with = |change: &dyn Fn(&mut Column)| {
            let mut columns = iris.table.columns().to_vec();
            change(&mut columns[3]);
            Ok::<_, DataError>(LabelledTable { table: Table::new(columns)?, ..iris.clone() })
        };
        let words = |first: &'static str| Words::new((0..150).map(move |i| Some(if i == 0 { first } else { "x" })));
        let others = [
            label,
            class,
            with(&|column| column.name.push('s'))?,
            with(&|column| {
                if let Values::Numbers(numbers) = &mut column.values {
                    numbers[149] += 1e-9;
                }
            })?,
            with(&|column| column.values = Values::Words(words("y")))?,
            with(&|column| column.values = Values::Words(words("z")))?,
        ];
        let mut all: Vec<u128> = others.iter().chain([&iris]).map(LabelledTable::fingerprint).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 7);
        Ok(())
    }
}
