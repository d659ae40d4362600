//! A table with what is to be predicted.

use seal_nn::{
    Result,
    data::{LabelledTable, NumericTable, Table, TargetScale},
    model::Task,
};

/// A table whose samples have a class each, or a number.
#[derive(Clone)]
pub enum Problem {
    Classes(LabelledTable),
    Numbers(NumericTable),
}

impl Problem {
    pub fn name(&self) -> &str {
        match self {
            Problem::Classes(table) => &table.name,
            Problem::Numbers(table) => &table.name,
        }
    }

    pub fn table(&self) -> &Table {
        match self {
            Problem::Classes(table) => &table.table,
            Problem::Numbers(table) => &table.table,
        }
    }

    /// The number of classes, or 1 for numbers.
    pub fn outputs(&self) -> usize {
        match self {
            Problem::Classes(table) => table.classes.len(),
            Problem::Numbers(_) => 1,
        }
    }

    pub fn fingerprint(&self) -> String {
        let fingerprint = match self {
            Problem::Classes(table) => table.fingerprint(),
            Problem::Numbers(table) => table.fingerprint(),
        };
        format!("{fingerprint:032x}")
    }

    /// Holds out a share of the samples: of every class, or at random.
    pub fn split(&self, share: f64, seed: u64) -> Result<(Problem, Problem)> {
        Ok(match self {
            Problem::Classes(table) => {
                let (train, test) = table.split(share, seed)?;
                (Problem::Classes(train), Problem::Classes(test))
            }
            Problem::Numbers(table) => {
                let (train, test) = table.split(share, seed)?;
                (Problem::Numbers(train), Problem::Numbers(test))
            }
        })
    }

    /// What a model predicts: classes by their names, or numbers on the scale of this part.
    pub fn task(&self) -> Result<Task> {
        Ok(match self {
            Problem::Classes(table) => Task::Classes(table.classes.clone()),
            Problem::Numbers(table) => {
                Task::Number { name: table.target.clone(), scale: TargetScale::fit(&table.values)? }
            }
        })
    }
}
