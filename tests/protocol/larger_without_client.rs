//! Trainings without a client of other networks than one of two layers in one ciphertext: three layers, whose ciphertexts share
//! a bootstrap, and a linear head on embeddings, with probabilities and without. On ciphertexts, in rings without security.

use ndarray::{Array2, ArrayView1};
use seal_nn::{
    Result,
    backend::Noise,
    data::{DataSet, Embeddings, LabelledTable, Scaler, Values, centred_one_hot},
    nn::{
        Activation, Network, Weights, accuracy,
        layout::{Axes, GradientMode, Layout, LayoutKind},
        reference,
        training::{Bounds, Schedule, ServerLoss, Sgd, TrainingSetup, TrainingSpec},
    },
    packing::{AxisShape, Role},
    protocol::{BootstrapRequest, TrainingDeployment},
};

use crate::kit::bootstrapped::{Planned, on_clear_slots, on_seal, steps_in_the_clear};

const STEPS: usize = 3;
const BOUND: f64 = 2.0;
const DEGREE: usize = 8192;

struct Experiment {
    spec: TrainingSpec,
    x: Array2<f64>,
    t: Array2<f64>,
    labels: Vec<usize>,
    weights: Weights,
}

impl Experiment {
    fn new(network: Network, rates: &[f64], loss: ServerLoss, x: Array2<f64>, labels: Vec<usize>) -> Experiment {
        let optimizer = Sgd::new(rates, 0.8, Schedule::Constant).unwrap();
        let bounds = Bounds { max_weight: BOUND, ..Bounds::default() };
        let (x, t) = (network.inputs(x).unwrap(), centred_one_hot(&labels, network.outputs()).unwrap());
        let weights = Weights::random(&network, &[0.5, 1.0, 0.5], 0).unwrap();
        let weights = if loss.takes_centred_logits() { weights.centred() } else { weights };
        Experiment { spec: TrainingSpec { network, optimizer, bounds, loss }, x, t, labels, weights }
    }

    fn planned(&self, parts: usize, layout: fn(&Network, usize) -> Result<Layout>) -> Planned {
        let setup = TrainingSetup::new(&self.spec, self.labels.len()).with_look_every(STEPS);
        let layout = |slots| layout(&self.spec.network, slots);
        let request = BootstrapRequest { parts, ..BootstrapRequest::new(BOUND) };
        TrainingDeployment::choose_insecure_bootstrapped(&setup, DEGREE, &request, layout).unwrap()
    }

    /// The weights after all steps in the clear.
    fn in_the_clear(&self) -> Weights {
        steps_in_the_clear(&self.spec, &self.weights, &self.x, &self.t, STEPS)
    }

    /// Those of a server that was alone with ciphertexts.
    fn on_ciphertexts(&self, planned: &Planned) -> Weights {
        let (mut session, tally) = on_seal(planned, &self.weights);
        session.add_batch(self.x.view(), self.t.view()).unwrap();
        session.advance(STEPS).unwrap();
        assert_eq!(tally.get().0, (STEPS - 1) * planned.0.training.plan.ciphertexts_up());
        session.weights().clone()
    }

    /// Those of the same circuit with the noise of the model.
    fn by_the_model(&self, planned: &Planned) -> Weights {
        let (mut session, _) = on_clear_slots(planned, &self.weights, Some(Noise { seed: 1 }));
        session.add_batch(self.x.view(), self.t.view()).unwrap();
        session.advance(STEPS).unwrap();
        session.weights().clone()
    }

    /// The share of the samples that weights have right.
    fn right(&self, weights: &Weights) -> f64 {
        accuracy(&reference::outputs(&self.spec.network, weights, self.x.view()).unwrap(), &self.labels).unwrap()
    }

    /// Ciphertexts and the model both end near the run in the clear, but not on it.
    fn check(&self, name: &str, planned: &Planned) {
        let clear = self.in_the_clear();
        assert!(clear.max_difference(&self.weights) > 0.01, "{name}: nothing was learned");
        let (trained, modelled) = (self.on_ciphertexts(planned), self.by_the_model(planned));
        let [on_seal, by_model] = [&trained, &modelled].map(|weights| weights.max_difference(&clear));
        println!("{name}: {on_seal:e} apart on ciphertexts, {by_model:e} by the model");
        // Bootstraps are all the noise that counts: a step's own is 2^-40 sqrt(N), less than a thousandth. The largest of some dozens
        // of weights is two to four deviations off in the model, and at most 13 on ciphertexts, as one bootstrap is.
        assert!(on_seal < 6.5 * by_model, "{name}: {on_seal:e}, {by_model:e} by the model");
        assert!(on_seal > 1e-8, "{name}: nothing was bootstrapped");
        assert_eq!(self.right(&trained), self.right(&clear), "{name}");
    }
}

fn three_layers() -> Experiment {
    let data = DataSet::load("iris").unwrap().split(0.6, 0).unwrap().train;
    let x = Scaler::fit(&data.features).unwrap().apply(&data.features).unwrap();
    let network: Network = "4-4-4-3".parse().unwrap();
    let network = network.with_activation("square:0.75".parse::<Activation>().unwrap());
    Experiment::new(network, &[0.3, 0.05, 0.1], ServerLoss::Squared, x, data.labels)
}

/// Tiles of four by four, whose guards make a period of 64. Those that are chosen have no more levels than a secure ring of this
/// size.
fn tiles_of_four(network: &Network, slots: usize) -> Result<Layout> {
    let (order, guards) = ([Role::B, Role::Q, Role::P], [true, true, false]);
    let shape = AxisShape::filling(slots, order, [4, 4], guards).unwrap();
    Ok(Layout::Axes(Axes::with_shape(network, slots, shape, GradientMode::Early)?))
}

#[test]
fn three_layers_share_a_bootstrap() {
    let experiment = three_layers();
    let alone = experiment.planned(1, tiles_of_four);
    let ciphertexts = alone.0.training.plan.ciphertexts_up();
    assert!(ciphertexts >= 6, "{ciphertexts}: weights and velocity of each layer");
    let together = experiment.planned(ciphertexts, tiles_of_four);
    assert_eq!((together.1.count_for(ciphertexts), alone.1.count_for(ciphertexts)), (1, ciphertexts));
    experiment.check("three layers", &together);
}

/// Embeddings that a head is trained on.
const SAMPLES: usize = 48;

/// Embeddings of unit length, whose class is the sign of a sum of some of their entries.
fn embeddings(samples: usize, from: usize) -> Embeddings {
    let entry = |(i, j): (usize, usize)| ((from + i) as f64 * 1.7 + j as f64 * 2.9 + (i * j) as f64 * 0.31).sin();
    let mut vectors = Array2::from_shape_fn((samples, 15), entry);
    vectors.rows_mut().into_iter().for_each(|mut row| {
        let length = row.dot(&row).sqrt();
        row /= length;
    });
    let class = |row: ArrayView1<f64>| usize::from(row.iter().take(4).sum::<f64>() > 0.0);
    let labels = vectors.rows().into_iter().map(class).collect();
    Embeddings::new(vectors, labels).unwrap()
}

fn head(loss: ServerLoss) -> Experiment {
    let table = LabelledTable::from_embeddings("sentences", &embeddings(SAMPLES, 0), &embeddings(16, SAMPLES)).unwrap();
    let (train, test) = table.split(0.2, 0).unwrap();
    assert_eq!((train.labels.len(), test.labels.len()), (SAMPLES, 16));
    let entries = |column: &seal_nn::data::Column| match &column.values {
        Values::Numbers(numbers) => numbers.clone(),
        Values::Words(_) => unreachable!(),
    };
    let columns: Vec<_> = train.table.columns().iter().map(entries).collect();
    let x = Array2::from_shape_fn((SAMPLES, 15), |(i, j)| columns[j][i]);
    let x = Scaler::fit_as(&x, train.table.scaling()).unwrap().apply(&x).unwrap();
    let network = Network::builder().inputs(15).outputs(2).build().unwrap().with_bias();
    Experiment::new(network, &[1.0], loss, x, train.labels)
}

fn axes(network: &Network, slots: usize) -> Result<Layout> {
    LayoutKind::Axis.layout(network, slots, SAMPLES)
}

#[test]
fn a_head_is_trained_with_probabilities() {
    let experiment = head(ServerLoss::Softmax { range: 4.0 });
    experiment.check("a head by cross-entropy", &experiment.planned(1, axes));
}

#[test]
fn a_head_is_trained_by_the_squared_error_in_fewer_levels() {
    let [squared, weighted, softmax] =
        [ServerLoss::Squared, ServerLoss::WeightedSquared, ServerLoss::Softmax { range: 4.0 }].map(|loss| {
            let experiment = head(loss);
            let planned = experiment.planned(1, axes);
            (planned.0.training.plan.depth, experiment, planned)
        });
    // Without a layer below, weights of the errors take a level.
    assert_eq!((squared.0 + 1, squared.0 + 3), (weighted.0, softmax.0));
    squared.1.check("a head by the squared error", &squared.2);
    weighted.1.check("a head by the weighted squared error", &weighted.2);
}
