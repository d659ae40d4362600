//! What the default of a setting depends on: the effort that was asked for, and the sizes of the data.

use std::fmt;

use clap::ValueEnum;
use seal_nn::data::{Components, Preparation, PrincipalComponents};

use crate::cli::problem::Problem;

/// Units and steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Effort {
    /// 16 units, or 32 for more than 128 features; 200 steps
    Quick,
    /// 32 units, or 64 for more than 128 features; 600 steps
    Default,
    /// 64 units, or 128 for more than 128 features; 1500 steps
    Thorough,
}

impl Effort {
    /// The units of the hidden layer.
    pub fn units(self, preparation: &Preparation) -> usize {
        let units = match self {
            Effort::Quick => 16,
            Effort::Default => 32,
            Effort::Thorough => 64,
        };
        if is_wide(preparation) { 2 * units } else { units }
    }

    pub fn steps(self) -> usize {
        match self {
            Effort::Quick => 200,
            Effort::Default => 600,
            Effort::Thorough => 1500,
        }
    }
}

/// The spelling on the command line.
impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Effort::Quick => "quick",
            Effort::Default => "default",
            Effort::Thorough => "thorough",
        })
    }
}

/// Whether a table has so many features that it is usually reduced to principal components.
fn is_wide(preparation: &Preparation) -> bool {
    let features = preparation.components().map_or(preparation.features(), PrincipalComponents::features);
    features > Components::WIDE
}

/// The weight decay. Few samples of few classes are learned by heart without a strong one; with more classes it costs
/// accuracy. Many samples need little of it.
pub fn weight_decay(problem: &Problem, samples: usize) -> f64 {
    const FEW: usize = 1000;
    const MANY: usize = 4000;
    match problem {
        Problem::Classes(table) if samples.saturating_mul(table.classes.len() - 1) < FEW => 2.0,
        _ if samples <= MANY => 0.1,
        _ => 0.03,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use seal_nn::data::{CsvFile, Gaps, LabelledTable, NumericTable, PreparationChoice, Scaler};

    use super::*;

    /// A sample of each of so many classes, and a number to be predicted.
    fn problems(classes: usize) -> Result<[Problem; 2], seal_nn::Error> {
        let line = |i: usize| format!("{}.5,class {}\n", i % 7, i % classes);
        let text = "x,y\n".to_owned() + &(0..60).map(line).collect::<String>();
        let file = CsvFile::parse("x.csv", text.as_bytes())?;
        let (classes, _) = LabelledTable::from_csv("x", &file, &Default::default(), Gaps::Fill)?;
        let line = |i: usize| format!("{}.5,{i}.25\n", i % 7);
        let text = "x,y\n".to_owned() + &(0..60).map(line).collect::<String>();
        let file = CsvFile::parse("x.csv", text.as_bytes())?;
        let (numbers, _) = NumericTable::from_csv("x", &file, &Default::default(), Gaps::Fill)?;
        Ok([Problem::Classes(classes), Problem::Numbers(numbers)])
    }

    #[test]
    fn the_decay_depends_on_classes_and_samples() -> Result<(), seal_nn::Error> {
        let ([two, numbers], [three, _]) = (problems(2)?, problems(3)?);
        let decays =
            |problem: &Problem| [499, 500, 999, 1000, 4000, 4001].map(|samples| weight_decay(problem, samples));
        assert_eq!(decays(&two), [2.0, 2.0, 2.0, 0.1, 0.1, 0.03]);
        assert_eq!(decays(&three), [2.0, 0.1, 0.1, 0.1, 0.1, 0.03]);
        assert_eq!(decays(&numbers), [0.1, 0.1, 0.1, 0.1, 0.1, 0.03]);
        Ok(())
    }

    /// With or without components, of which there are fewer.
    #[test]
    fn wide_tables_have_twice_the_units() -> Result<(), seal_nn::Error> {
        let of = |features: usize, choice: &PreparationChoice| -> Result<Preparation, seal_nn::Error> {
            let value = |(i, j): (usize, usize)| ((i * i + 7 * i * (j % 5) + j) % 23) as f64;
            let rows = Array2::from_shape_fn((30, features), value);
            let head = (0..features).map(|j| format!("x{j},")).collect::<String>() + "y\n";
            let line = |(i, row): (usize, ndarray::ArrayView1<f64>)| {
                row.iter().map(|x| format!("{x}.5,")).collect::<String>() + ["a\n", "b\n"][i % 2]
            };
            let text = head + &rows.outer_iter().enumerate().map(line).collect::<String>();
            let file = CsvFile::parse("x.csv", text.as_bytes())?;
            let (table, _) = LabelledTable::from_csv("x", &file, &Default::default(), Gaps::Fill)?;
            Ok(Preparation::fit_as(&table, choice)?)
        };
        let (auto, plain) = (PreparationChoice::default(), PreparationChoice::plain());
        for (features, choice, units) in
            [(128, auto, [16, 32, 64]), (129, auto, [32, 64, 128]), (129, plain, [32, 64, 128])]
        {
            let preparation = of(features, &choice)?;
            assert_eq!([Effort::Quick, Effort::Default, Effort::Thorough].map(|e| e.units(&preparation)), units);
        }
        let scaler = Scaler::new(vec![0.0], vec![1.0])?;
        assert_eq!(Effort::Default.units(&Preparation::of_numbers(["x"], scaler)?), 32);
        Ok(())
    }
}
