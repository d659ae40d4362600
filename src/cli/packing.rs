//! How the rows of an inference lie in ciphertexts, and whether the server sees the weights.

use clap::{Args, ValueEnum};
use seal_nn::{
    Result,
    backend::CostModel,
    model::Model,
    nn::{
        head::HeadShape,
        soft_argmax::{SoftArgmax, SoftmaxApproximation},
    },
    protocol::{InferenceChoice, InferenceDeployment, Packing, ParameterRequest},
    report::{Align, Table, format},
};

use super::usage::UsageError;

#[derive(Args)]
pub struct PackingArgs {
    /// Whether the server sees the weights of the model. With `clear` it learns all of them, and with that what the model
    /// knows about its training data, but neither rows nor scores; hundreds of rows and more are then several times faster
    #[arg(long, value_enum, default_value_t = Secrecy::Encrypted)]
    weights: Secrecy,

    /// How rows lie in ciphertexts [default: what is fastest for their number]
    #[arg(long, value_enum)]
    packing: Option<PackingName>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Secrecy {
    /// The client encrypts them: the server sees neither model nor rows
    Encrypted,
    /// The server has the model in the clear
    Clear,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PackingName {
    /// Features and some rows share a ciphertext: for few rows
    Shared,
    /// Tiles of features, hidden units and rows: for many rows with encrypted weights
    Tiles,
    /// A ciphertext for each feature of thousands of rows: for many rows with weights in the clear
    Columns,
}

impl From<PackingName> for Packing {
    fn from(name: PackingName) -> Packing {
        match name {
            PackingName::Shared => Packing::Shared,
            PackingName::Tiles => Packing::Tiles,
            PackingName::Columns => Packing::Columns,
        }
    }
}

impl Secrecy {
    fn name(self) -> &'static str {
        match self {
            Secrecy::Encrypted => "encrypted",
            Secrecy::Clear => "clear",
        }
    }

    /// What the server is told, in words.
    fn words(self) -> &'static str {
        match self {
            Secrecy::Encrypted => "the server sees neither weights nor rows",
            Secrecy::Clear => "the server sees the weights, but no rows",
        }
    }
}

impl PackingArgs {
    /// Whether the server sees the weights.
    pub fn tells_weights(&self) -> bool {
        self.weights == Secrecy::Clear
    }

    /// The inference of a model for so many rows, in so many equal shares, and why it is this one.
    pub fn deployment(
        &self,
        model: &Model,
        rows: usize,
        shares: usize,
        costs: &CostModel,
    ) -> anyhow::Result<(InferenceDeployment, String)> {
        self.check()?;
        if model.layers().len() > 1 {
            // With the reason, whatever the packings.
            model.activation().polynomial()?;
        }
        let request = ParameterRequest::default();
        let choice = match self.weights {
            Secrecy::Encrypted => {
                let (network, weights) = model.network()?;
                let layout = model.layout();
                InferenceChoice::with_encrypted_weights(&network, &weights, layout, rows, shares, &request, costs)?
            }
            Secrecy::Clear => InferenceChoice::with_known_weights(&model.head()?, rows, &request, costs)?,
        };
        let why = match self.packing {
            Some(_) => "as asked for",
            None if choice.candidates.len() > 1 => "the fastest for so many rows",
            None => "the only one for this model",
        };
        let deployment = match self.packing {
            None => choice.candidates.into_iter().next(),
            Some(name) => choice.forced(name.into())?,
        };
        let deployment = deployment.ok_or_else(|| anyhow::anyhow!("no packing fits this model"))?;
        let line =
            format!("{}, {why}; weights {}: {}", deployment.packing(), self.weights.name(), self.weights.words());
        Ok((deployment, line))
    }

    /// Returns an error for weights that a server elsewhere would have to be sent in the clear.
    pub fn check_unknown(&self) -> Result<(), UsageError> {
        match self.weights {
            Secrecy::Encrypted => Ok(()),
            Secrecy::Clear => Err(UsageError::ClearAtServer),
        }
    }

    /// Returns an error for a packing where there is no choice.
    pub fn check_none(&self) -> Result<(), UsageError> {
        match self.packing {
            None => Ok(()),
            Some(_) => Err(UsageError::NotServed { flag: "--packing" }),
        }
    }

    /// Returns an error for a packing that does not go with the secrecy of the weights.
    fn check(&self) -> Result<(), UsageError> {
        let wanted = match self.packing {
            Some(PackingName::Tiles) => Secrecy::Encrypted,
            Some(PackingName::Columns) => Secrecy::Clear,
            Some(PackingName::Shared) | None => return Ok(()),
        };
        match wanted == self.weights {
            true => Ok(()),
            false => Err(UsageError::WeightsDoNotFit {
                packing: if wanted == Secrecy::Clear { "columns" } else { "tiles" },
                weights: wanted.name(),
                learns: wanted.words(),
            }),
        }
    }
}

/// Rows that a crossing is looked for in, and for which the packings are planned.
const MOST_ROWS: usize = 4096;

/// The range that is promised to a soft-argmax where nobody has said it.
const RANGE: f64 = 8.0;

/// From how many rows on each packing is the fastest: with weights of either kind, and with a soft-argmax for `seal-nn hnn`.
/// Of the model, only the shape matters.
///
/// # Errors
/// `BadActivation` for a model that no server computes on encrypted values.
pub fn crossings(model: &Model, costs: &CostModel) -> Result<Table> {
    let heads = ["weights", "packing", "fastest from row", "rows at a time", "N", "each of 4096 rows"];
    let mut table =
        Table::new(heads.iter().enumerate().map(|(i, head)| (*head, if i < 2 { Align::Left } else { Align::Right })));
    let ((network, weights), head, request) = (model.network()?, model.head()?, ParameterRequest::default());
    let with_soft_argmax = || {
        let layer = SoftArgmax::new(head.classes(), 1.0, 0)?;
        let approximation = match head.classes() {
            2 => SoftmaxApproximation::sigmoid(15, RANGE)?,
            3 => SoftmaxApproximation::direct(15, RANGE)?,
            classes => SoftmaxApproximation::stages(classes, RANGE, 7, &[1, 4])?,
        };
        let shape = HeadShape::new(&head, layer, approximation)?;
        InferenceChoice::of_known_head(&shape, &head, MOST_ROWS, &request, costs)
    };
    for (weights, choice) in [
        (
            "encrypted".to_owned(),
            InferenceChoice::with_encrypted_weights(&network, &weights, model.layout(), MOST_ROWS, 1, &request, costs),
        ),
        ("clear".into(), InferenceChoice::with_known_weights(&head, MOST_ROWS, &request, costs)),
        (format!("clear, hnn with a range of {RANGE}"), with_soft_argmax()),
    ] {
        let Ok(choice) = choice else { continue };
        let crossings = choice.crossings(costs, MOST_ROWS);
        for candidate in choice.candidates.iter().rev() {
            let from = crossings.iter().find(|(_, packing)| *packing == candidate.packing());
            table.row([
                weights.clone(),
                candidate.packing().to_string(),
                from.map_or("-".into(), |(rows, _)| rows.to_string()),
                candidate.batch().to_string(),
                candidate.parameters().poly_modulus_degree().to_string(),
                format::seconds(candidate.seconds(MOST_ROWS, costs) / MOST_ROWS as f64),
            ]);
        }
    }
    Ok(table)
}

/// As in `shared from row 1, columns from row 80`.
#[cfg(feature = "embeddings")]
pub fn crossings_in_words(choice: &InferenceChoice, costs: &CostModel) -> String {
    let crossings = choice.crossings(costs, MOST_ROWS).into_iter();
    let words: Vec<String> = crossings.map(|(rows, packing)| format!("{packing} from row {rows}")).collect();
    words.join(", ")
}
