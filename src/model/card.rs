//! What others may know of a model.

use serde::{Deserialize, Serialize};

use super::{
    HiddenActivation, Model, Task,
    file::{ScalerFile, TaskFile, bad, check_length},
};
use crate::{
    DataError, ModelError, ModelProblem, Result,
    data::{Preparation, PreparedColumn, PrincipalComponents},
    nn::head::{Head, HeadShape},
};

/// All that a client needs to ask for predictions of a model that it does not have: how rows are prepared, what is
/// predicted, and the shape of the network. Weights are not in it; statistics of the training data are (medians, means,
/// deviations, words, principal components), because rows are prepared with them.
///
/// ```
/// use seal_nn::{data::Scaler, model::{Card, Model}, nn::Weights};
/// let network = "2-3-2".parse()?;
/// let weights = Weights::random(&network, &[1.0], 0)?;
/// let model = Model::new(network, weights, Scaler::new(vec![5.0, 3.0], vec![0.8, 0.4])?)?;
/// let card = Card::from_bytes(&Card::of("shapes", &model)?.to_bytes()?)?;
/// assert_eq!((card.name(), card.widths(), card.task()), ("shapes", &[2, 3, 2][..], model.task()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    name: String,
    preparation: Preparation,
    task: Task,
    activation: HiddenActivation,
    widths: Vec<usize>,
}

/// The bytes, as JSON, unchecked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CardFile {
    version: u64,
    name: String,
    columns: Vec<PreparedColumn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    components: Option<PrincipalComponents>,
    scaler: ScalerFile,
    task: TaskFile,
    activation: String,
    widths: Vec<usize>,
}

/// Increases whenever an older program would misinterpret a card.
const VERSION: u64 = 1;

impl Card {
    /// Of a model whose layers a server computes on encrypted rows.
    ///
    /// # Errors
    /// `ActivationNotEncryptable` if the activation between its layers has no encrypted form.
    pub fn of(name: &str, model: &Model) -> Result<Card> {
        let card = Card {
            name: name.into(),
            preparation: model.preparation().clone(),
            task: model.task().clone(),
            activation: model.activation().clone(),
            widths: model.widths(),
        };
        HeadShape::without_soft_argmax(&model.head()?)?;
        Ok(card)
    }

    /// The bytes.
    ///
    /// # Errors
    /// `DataError::Model` for what JSON cannot say.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let file = CardFile {
            version: VERSION,
            name: self.name.clone(),
            columns: self.preparation.columns().to_vec(),
            components: self.preparation.components().cloned(),
            scaler: self.preparation.scaler().into(),
            task: TaskFile::from(&self.task),
            activation: self.activation.to_string(),
            widths: self.widths.clone(),
        };
        Ok(serde_json::to_vec(&file).map_err(|error| refused(unreadable(error)))?)
    }

    /// Reads and checks the bytes of a stranger.
    ///
    /// # Errors
    /// `DataError::Model` with the field that is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Card> {
        Ok(parse(bytes).map_err(refused)?)
    }

    /// The name of the model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the columns of a table become features.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// What is predicted.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The activation between the layers.
    pub fn activation(&self) -> &HiddenActivation {
        &self.activation
    }

    /// The number of features and of the units of every layer.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// Widths and activation, as both parties of an inference agree on them.
    ///
    /// # Errors
    /// `BadHeadShape` for what no head has.
    pub fn shape(&self) -> Result<HeadShape> {
        self.activation.head_shape(&self.widths)
    }
}

impl Model {
    /// The layers with the activation between them, as a server that knows them computes them.
    ///
    /// # Errors
    /// Those of [`HiddenActivation::for_head`].
    pub fn head(&self) -> Result<Head> {
        Head::of_layers(self.layers().to_vec(), self.activation().for_head()?)
    }
}

fn parse(bytes: &[u8]) -> Result<Card, ModelProblem> {
    let file: CardFile = serde_json::from_slice(bytes).map_err(unreadable)?;
    if file.version != VERSION {
        return Err(ModelProblem::WrongVersion { expected: VERSION, actual: file.version });
    }
    let scaler = file.scaler.check()?;
    let preparation = Preparation::new(file.columns, file.components, scaler).map_err(|error| bad("columns", error))?;
    let (Some(&first), Some(&last)) = (file.widths.first(), file.widths.last()) else {
        return Err(bad("widths", "there are none"));
    };
    check_length("scaler", first, preparation.features())?;
    let task = file.task.check()?;
    task.check_outputs(last).map_err(|error| bad("task", error))?;
    let activation: HiddenActivation = file.activation.parse().map_err(|error| bad("activation", error))?;
    let card = Card { name: file.name, preparation, task, activation, widths: file.widths };
    card.shape().map_err(|error| bad("widths", error))?;
    Ok(card)
}

fn unreadable(error: serde_json::Error) -> ModelProblem {
    ModelProblem::Unreadable { reason: error.to_string() }
}

fn refused(problem: ModelProblem) -> DataError {
    ModelError { path: "the card of a model".into(), problem }.into()
}
