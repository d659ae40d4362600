//! Small programs of every kind, with what they compute on.

use ndarray::Array2;
use seal_nn::{
    backend::CostModel,
    data::DataSet,
    nn::{
        calibration::{CalibrationProgram, CalibrationSpec},
        head::{Dense, EncryptedTraining, EncryptedTrainingSpec, Head, HeadActivation, HeadInference, HeadShape},
        layerwise::LayerwiseTraining,
        learning::{LearningSettings, Loss, Targets, random_layers},
        soft_argmax::{SoftArgmax, SoftmaxApproximation},
        split::{Arrangement, Samples, SplitInference, SplitLayout, SplitSetup, SplitTraining, TileShape},
    },
    protocol::{Deployment, SplitTask},
};

use crate::kit::backends::random_matrix;

/// The groups of 32 of 130 samples.
pub const GROUPS: usize = 5;

fn iris(widths: &[usize], loss: Loss) -> (Array2<f64>, Targets, Vec<Dense>) {
    let data = DataSet::load("iris").unwrap();
    let samples = data.scaler().unwrap().apply(&data.features).unwrap();
    let rows: Vec<usize> = (0..130).map(|i| i * 67 % 150).collect();
    let labels: Vec<usize> = rows.iter().map(|&row| data.labels[row]).collect();
    let targets = Targets::classes(&labels, 3, loss).unwrap();
    (samples.select(ndarray::Axis(0), &rows), targets, random_layers(widths, 3).unwrap())
}

/// Iris on 4-8-3, two groups of 32 in a step.
pub fn split(samples: Samples) -> (Deployment<SplitTraining>, SplitTask) {
    let setup = SplitSetup::new(&[4, 8, 3], 64).with_samples(samples);
    let shape = TileShape { rows: 8, units: 16, samples: 32, arrangement: Arrangement::Merged };
    let program = |slots| SplitTraining::new(&setup, SplitLayout::new(&setup.widths, shape, slots)?);
    let deployment = Deployment::choose(&Default::default(), program).unwrap();
    let settings = LearningSettings::for_steps(4);
    let (samples, targets, layers) = iris(&setup.widths, settings.loss);
    let activation = "poly:0,1,0.5".parse().unwrap();
    (deployment, SplitTask { activation, settings, layers, samples, targets, seed: 3 })
}

/// Iris on 4-6-3, layer by layer in a ring of 4096.
pub fn layerwise(samples: Samples) -> (Deployment<LayerwiseTraining>, SplitTask<HeadActivation>) {
    let setup = SplitSetup::new(&[4, 6, 3], 50).with_samples(samples);
    let costs = CostModel::default();
    let deployment = Deployment::of_layerwise_training(&setup, &Default::default(), &costs, 0.0).unwrap();
    let settings = LearningSettings::for_steps(4);
    let (samples, targets, layers) = iris(&setup.widths, settings.loss);
    (deployment, SplitTask { activation: HeadActivation::Relu, settings, layers, samples, targets, seed: 3 })
}

pub fn split_inference() -> (Deployment<SplitInference>, Vec<Dense>) {
    let widths = [20, 6, 3];
    let deployment = Deployment::of_split_inference(&widths, 1000, 1, &Default::default(), &CostModel::default(), 0.0);
    (deployment.unwrap(), random_layers(&widths, 2).unwrap())
}

/// 24-8-2 with a quadratic activation, a temperature and a soft-argmax.
pub fn head() -> (Deployment<HeadInference>, Head) {
    let dense = |outputs, inputs, seed| Dense {
        weights: random_matrix(outputs, inputs, seed),
        bias: random_matrix(1, outputs, seed + 1).row(0).to_owned() * 0.3,
    };
    let head = Head::two_layers(dense(8, 24, 1), HeadActivation::quadratic(), dense(2, 8, 5)).unwrap();
    let layer = SoftArgmax::new(2, 0.5, 1).unwrap();
    let shape = HeadShape::new(&head, layer, SoftmaxApproximation::sigmoid(7, 8.0).unwrap()).unwrap();
    (Deployment::of_head(&shape, None, &Default::default()).unwrap(), head)
}

pub fn head_training() -> Deployment<EncryptedTraining> {
    let approximation = SoftmaxApproximation::sigmoid(7, 8.0).unwrap();
    let spec = EncryptedTrainingSpec {
        width: 20,
        classes: 2,
        range: 8.0,
        approximation,
        batch: 300,
        rate: 4.0,
        momentum: 0.8,
    };
    Deployment::of_head_training(&spec, &Default::default()).unwrap()
}

/// Samples, with the sign of the first entry as the label.
pub fn embeddings(samples: usize, width: usize) -> (Array2<f64>, Vec<usize>) {
    let x = random_matrix(samples, width, 31) * 0.3;
    let labels = x.rows().into_iter().map(|row| usize::from(row[0] > 0.0)).collect();
    (x, labels)
}

pub fn calibration() -> (Deployment<CalibrationProgram>, Array2<f64>, Vec<usize>) {
    let logits = random_matrix(40, 2, 9) * 6.0;
    let labels = (0..40).map(|i| i % 2).collect::<Vec<_>>();
    let approximation = SoftmaxApproximation::sigmoid(7, 8.0).unwrap();
    let spec = CalibrationSpec { bias: true, approximation, ..CalibrationSpec::new(&logits, 8.0, 4).unwrap() };
    (Deployment::of_calibration(&spec, labels.len(), &Default::default()).unwrap(), logits, labels)
}
