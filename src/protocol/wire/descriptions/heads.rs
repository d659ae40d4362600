//! Heads with encrypted weights, their training, and calibrations.

use serde::{Deserialize, Serialize};

use crate::{
    Result,
    nn::{
        calibration::{CalibrationProgram, CalibrationSpec},
        columns::ColumnInference,
        head::{EncryptedTraining, EncryptedTrainingSpec, HeadInference, HeadProgram, HeadShape, HeadSoftArgmax},
        polynomial::Polynomial,
        soft_argmax::{SoftArgmax, SoftmaxApproximation},
    },
    protocol::wire::{Described, Size},
};

/// Of the inference of a head that the client encrypts. What the client folds into its weights is not said: temperature, and
/// the interval of the activation or, if it is a quadratic, all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadDescription {
    widths: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    activation: Option<ActivationDescription>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    soft_argmax: Option<SoftArgmaxDescription>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum ActivationDescription {
    Quadratic,
    /// Coefficients of Chebyshev polynomials on [-1, 1].
    Series(Vec<f64>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SoftArgmaxDescription {
    classes: usize,
    first_index: i64,
    approximation: SoftmaxApproximation,
}

impl ActivationDescription {
    fn of(polynomial: &Polynomial) -> ActivationDescription {
        match polynomial.degree() {
            2 => ActivationDescription::Quadratic,
            _ => ActivationDescription::Series(polynomial.coefficients().to_vec()),
        }
    }

    fn polynomial(&self) -> Result<Polynomial> {
        match self {
            ActivationDescription::Quadratic => Polynomial::from_coefficients(&[0.0, 0.0, 1.0]),
            ActivationDescription::Series(coefficients) => Polynomial::new(coefficients.clone(), -1.0..=1.0),
        }
    }
}

impl SoftArgmaxDescription {
    fn soft_argmax(&self) -> Result<HeadSoftArgmax> {
        self.approximation.check()?;
        let layer = SoftArgmax::new(self.classes, 1.0, self.first_index)?;
        Ok(HeadSoftArgmax { layer, approximation: self.approximation.clone() })
    }
}

/// With weights that the server knows, the description is that of encrypted ones, and does not lead to the same plan.
impl Described for HeadInference {
    type Description = HeadDescription;
    const NAME: &'static str = "inference of a head";

    fn describe(&self) -> HeadDescription {
        let HeadShape { widths, activation, soft_argmax } = self.program().shape();
        HeadDescription {
            widths: widths.clone(),
            activation: activation.as_ref().map(ActivationDescription::of),
            soft_argmax: soft_argmax.as_ref().map(|last| SoftArgmaxDescription {
                classes: last.layer.classes(),
                first_index: last.layer.first_index(),
                approximation: last.approximation.clone(),
            }),
        }
    }

    fn size(HeadDescription { widths, .. }: &HeadDescription) -> Size {
        Size { widths: widths.clone(), samples: 1, passes: 1 }
    }

    fn from_description(description: &HeadDescription, slots: usize) -> Result<Self> {
        let HeadDescription { widths, activation, soft_argmax } = description;
        let activation = activation.as_ref().map(ActivationDescription::polynomial).transpose()?;
        let soft_argmax = soft_argmax.as_ref().map(SoftArgmaxDescription::soft_argmax).transpose()?;
        let shape = HeadShape { widths: widths.clone(), activation, soft_argmax };
        Ok(HeadInference::encrypted(HeadProgram::new(&shape, slots)?))
    }
}

/// Of the inference by a model of the server's own: what the client knows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnDescription {
    model: String,
    widths: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    activation: Option<ActivationDescription>,
}

impl Described for ColumnInference {
    type Description = OwnDescription;
    const NAME: &'static str = "inference by a model of the server";

    fn describe(&self) -> OwnDescription {
        let HeadShape { widths, activation, .. } = self.shape();
        OwnDescription {
            model: self.model().unwrap_or_default().into(),
            widths: widths.clone(),
            activation: activation.as_ref().map(ActivationDescription::of),
        }
    }

    fn size(OwnDescription { widths, .. }: &OwnDescription) -> Size {
        Size { widths: widths.clone(), samples: 1, passes: 1 }
    }

    fn from_description(description: &OwnDescription, slots: usize) -> Result<Self> {
        let OwnDescription { model, widths, activation } = description;
        let activation = activation.as_ref().map(ActivationDescription::polynomial).transpose()?;
        let shape = HeadShape { widths: widths.clone(), activation, soft_argmax: None };
        Ok(ColumnInference::unknown(&shape, slots)?.of_server(model))
    }
}

/// Of the training of a linear head. The range of logits that the client looks after is not said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadTrainingDescription {
    width: usize,
    classes: usize,
    approximation: SoftmaxApproximation,
    batch: usize,
    rate: f64,
    momentum: f64,
}

impl Described for EncryptedTraining {
    type Description = HeadTrainingDescription;
    const NAME: &'static str = "training of a head";

    fn describe(&self) -> HeadTrainingDescription {
        let EncryptedTrainingSpec { width, classes, range: _, approximation, batch, rate, momentum } =
            self.spec().clone();
        HeadTrainingDescription { width, classes, approximation, batch, rate, momentum }
    }

    fn size(description: &HeadTrainingDescription) -> Size {
        let HeadTrainingDescription { width, classes, batch, .. } = description;
        Size { widths: vec![*width, *classes], samples: *batch, passes: 1 }
    }

    fn from_description(description: &HeadTrainingDescription, slots: usize) -> Result<Self> {
        let HeadTrainingDescription { width, classes, approximation, batch, rate, momentum } = description.clone();
        approximation.check()?;
        let range = approximation.reach();
        let spec = EncryptedTrainingSpec { width, classes, range, approximation, batch, rate, momentum };
        EncryptedTraining::new(&spec, slots)
    }

    fn largest_part(&self) -> Option<usize> {
        Some(self.spec().batch.div_ceil(self.samples_a_ciphertext().max(1)))
    }
}

/// Of a calibration. Where the client begins, and the range of logits that it looks after, are not said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationDescription {
    classes: usize,
    samples: usize,
    approximation: SoftmaxApproximation,
    rate: f64,
    momentum: f64,
    bias: bool,
}

impl Described for CalibrationProgram {
    type Description = CalibrationDescription;
    const NAME: &'static str = "calibration";

    fn describe(&self) -> CalibrationDescription {
        let CalibrationSpec { classes, range: _, approximation, start: _, rate, momentum, bias } = self.spec().clone();
        CalibrationDescription { classes, samples: self.samples(), approximation, rate, momentum, bias }
    }

    fn size(CalibrationDescription { classes, samples, .. }: &CalibrationDescription) -> Size {
        Size { widths: vec![*classes, *classes], samples: *samples, passes: 1 }
    }

    fn from_description(description: &CalibrationDescription, slots: usize) -> Result<Self> {
        let CalibrationDescription { classes, samples, approximation, rate, momentum, bias } = description.clone();
        approximation.check()?;
        let range = approximation.reach();
        let spec = CalibrationSpec { classes, range, approximation, start: 1.0, rate, momentum, bias };
        CalibrationProgram::new(&spec, samples, slots)
    }
}
