//! Steps in one round trip.

use clap::{Args, ValueEnum};
use seal_nn::{
    data::{Note, Preparation, PreparationChoice},
    nn::{
        Activation, Network, Weights,
        layout::LayoutKind,
        training::{Bounds, OnDivergence, Schedule, ServerLoss, Sgd, TrainingSpec},
    },
};

use super::{Length, Settings};
use crate::cli::{
    defaults::{Defaults, Training, rate_divisor},
    problem::Problem,
    training::{AskedBootstraps, Whole},
    usage::{UsageError, first_given},
};

#[derive(Args)]
#[command(next_help_heading = "Options of --step whole")]
pub struct WholeArgs {
    /// Append a constant 1 to the inputs, so that the first layer has a bias [default: false for iris, true otherwise]
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    bias: Option<bool>,

    /// Layout of weights and data in the slots: merged (two-layer networks, both matrices in one ciphertext), axis (any
    /// network, tiles in the cheapest shape), per-feature, diagonal (Mihara et al. 2020), diagonal-bsgs or
    /// diagonal-packed; for comparison also naive, halevi-shoup, e2dm, hetal and row-column; see docs/packing.md
    /// [default: the cheapest, as ranked by `plan --compare`]
    #[arg(long)]
    layout: Option<LayoutKind>,

    /// Number of batches whose gradients are added before the weights are updated, for steps with more samples than fit
    /// into a ciphertext [default: 1]
    #[arg(long, value_name = "BATCHES")]
    batches_per_step: Option<usize>,

    /// Weight decay: adds LAMBDA times the weights to the gradient. This keeps weights small, for data with few samples
    /// or much noise; usual values are 0.001 to 0.1 [default: 0]
    #[arg(long, value_name = "LAMBDA", allow_negative_numbers = true)]
    l2: Option<f64>,

    /// Number of training steps between two refreshes. More than 1 means fewer exchanges, for slow connections, but
    /// more levels, hence larger parameters, slower steps and usually more bytes (`seal-nn plan` shows how many)
    /// [default: 1]
    #[arg(long, value_name = "STEPS")]
    refresh_every: Option<usize>,

    /// Who restores the levels of the weights between two steps: the client, who decrypts and encrypts them, or the server
    /// by bootstrapping, with nobody in the loop (docs/bootstrapping.md) [default: client]
    #[arg(long, value_enum)]
    refresh: Option<RefreshName>,

    /// Number of training steps between two looks of the client at the weights, with --refresh bootstrap [default: all]
    #[arg(long, value_name = "STEPS")]
    look_every: Option<usize>,

    /// Largest absolute weight or velocity that a bootstrap expects, with --refresh bootstrap; noise grows with it, and
    /// larger weights make the run invalid [default: the power of two above twice the largest of a run in the clear]
    #[arg(long, value_name = "BOUND", allow_negative_numbers = true)]
    weight_bound: Option<f64>,

    /// Bootstrap what each bootstrap has changed as well, with --refresh bootstrap: twice the time, no bend and little noise
    #[arg(long)]
    precise_bootstraps: bool,

    /// Number of training steps after which the server's encrypted state is written to the output folder, with --refresh
    /// bootstrap: --resume goes on from there after the process was killed. The secret key, which decrypts it, is written
    /// beside it for the owner's eyes alone, until the training ends [default: neither is written]
    #[arg(long, value_name = "STEPS")]
    keep_server_state: Option<usize>,

    /// Decrypt the weights between two looks for the report, with --refresh bootstrap: an experiment of one process, where the
    /// secret key is
    #[arg(long, hide = true)]
    watch: bool,
}

/// Who refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RefreshName {
    /// The client, in a round trip
    Client,
    /// The server, by bootstrapping
    Bootstrap,
}

impl WholeArgs {
    /// The first option that has no meaning where the client computes the loss.
    pub fn given(&self) -> Option<&'static str> {
        first_given([
            ("--bias", self.bias.is_some()),
            ("--layout", self.layout.is_some()),
            ("--batches-per-step", self.batches_per_step.is_some()),
            ("--l2", self.l2.is_some()),
            ("--refresh-every", self.refresh_every.is_some()),
            ("--refresh bootstrap", self.refresh == Some(RefreshName::Bootstrap)),
            ("--look-every", self.look_every.is_some()),
            ("--weight-bound", self.weight_bound.is_some()),
            ("--precise-bootstraps", self.precise_bootstraps),
            ("--keep-server-state", self.keep_server_state.is_some()),
            ("--watch", self.watch),
        ])
    }

    /// What is asked of a server that refreshes by itself, for so many steps.
    fn bootstraps(&self, steps: usize) -> Result<Option<AskedBootstraps>, UsageError> {
        if self.refresh != Some(RefreshName::Bootstrap) {
            let given = first_given([
                ("--look-every", self.look_every.is_some()),
                ("--weight-bound", self.weight_bound.is_some()),
                ("--precise-bootstraps", self.precise_bootstraps),
                ("--keep-server-state", self.keep_server_state.is_some()),
                ("--watch", self.watch),
            ]);
            return given.map_or(Ok(None), |flag| Err(UsageError::OnlyForBootstrap { flag }));
        }
        UsageError::check_count("--look-every", self.look_every.unwrap_or(1), 1..=usize::MAX, None)?;
        let keep_server_state = self.keep_server_state;
        UsageError::check_count("--keep-server-state", keep_server_state.unwrap_or(1), 1..=usize::MAX, None)?;
        match self.weight_bound {
            Some(bound) if !(bound > 0.0 && bound.is_finite()) => Err(UsageError::BadValue {
                flag: "--weight-bound",
                actual: bound.to_string(),
                expected: "positive, such as 4".into(),
            }),
            bound => {
                let look_every = self.look_every.unwrap_or(steps).min(steps).max(1);
                Ok(Some(AskedBootstraps {
                    look_every,
                    bound,
                    second_pass: self.precise_bootstraps,
                    keep_server_state,
                    watched: self.watch,
                }))
            }
        }
    }
}

/// What is done by default if a training diverges. Logits leave the range of a loss in the first steps of many trainings, and
/// lower rates are enough.
fn on_divergence(loss: ServerLoss) -> OnDivergence {
    if loss.range().is_some() { OnDivergence::LowerRate } else { OnDivergence::Stop }
}

impl Settings {
    pub(super) fn whole(
        &self,
        problem: Problem,
        defaults: &Defaults,
        notes: Vec<Note>,
        ranks: usize,
    ) -> anyhow::Result<Whole> {
        if matches!(problem, Problem::Numbers(_)) {
            return Err(UsageError::RegressionInOneRound.into());
        }
        let parts = self.parts(&problem, &PreparationChoice::plain())?;
        let network = self.network_with_bias(&problem, &parts.preparation, defaults)?;
        let training = defaults.training(network.layers());
        let samples = parts.train.len();
        let batch = self.batch.unwrap_or(defaults.batch.min(samples));
        // The samples of a step are the same, whoever computes them.
        let (batch, batches_per_step) = match self.whole.batches_per_step {
            Some(count) if !count.is_multiple_of(ranks) => {
                return Err(UsageError::NotForRanks { flag: "--batches-per-step", actual: count, ranks }.into());
            }
            Some(count) => (batch, count),
            None => (batch.div_ceil(ranks), ranks),
        };
        let steps = self.steps(training.steps, samples, batch, batches_per_step);
        let spec = self.spec(network, &training, steps)?;
        let on_divergence = on_divergence(spec.loss);
        let length = Length { batch, equal_batches: true, batches_per_step, ranks, steps, on_divergence };
        let experiment = self.experiment(problem, notes, parts, length)?;
        let weights = Weights::random(&spec.network, &training.reach, self.seed)?;
        // A training of fewer steps is never refreshed before its end.
        let refresh_every = self.whole.refresh_every.unwrap_or(1).min(steps);
        let mut whole = Whole::new(experiment, spec, self.whole.layout, refresh_every, weights)?;
        whole.bootstraps = self.whole.bootstraps(steps)?;
        Ok(whole)
    }

    fn network_with_bias(
        &self,
        problem: &Problem,
        preparation: &Preparation,
        defaults: &Defaults,
    ) -> anyhow::Result<Network> {
        let (features, classes) = (preparation.features(), problem.outputs());
        let bias = self.whole.bias.unwrap_or(defaults.bias);
        let network = match self.requested_network(problem, features, bias)? {
            Some(network) => network,
            None => {
                let hidden = self.hidden_units()?.unwrap_or_else(|| defaults.hidden.to_vec());
                let builder = Network::builder().inputs(features);
                hidden.into_iter().fold(builder, |builder, units| builder.hidden(units)).outputs(classes).build()?
            }
        };
        let activation = self.activation.as_deref().unwrap_or(defaults.activation);
        let network = network.with_activation(activation.parse::<Activation>()?);
        Ok(if bias { network.with_bias() } else { network })
    }

    fn spec(&self, network: Network, training: &Training, steps: usize) -> anyhow::Result<TrainingSpec> {
        let loss = self.loss_at_server()?;
        let divisor = rate_divisor(loss, network.outputs());
        let usual = || training.rates.iter().map(|rate| rate / divisor).collect();
        let rates: Vec<f64> = self.learning_rate.clone().unwrap_or_else(usual);
        let momentum = self.momentum.unwrap_or(training.momentum);
        let schedule = match self.decay {
            None | Some(0.0) => Schedule::Constant,
            Some(decay) => Schedule::InverseTime { decay },
        };
        let optimizer = Sgd::new(&rates, momentum, schedule)?.with_l2(self.whole.l2.unwrap_or(0.0))?;
        let last_rate = optimizer.rate(0, steps.saturating_sub(1)) / optimizer.rate(0, 0);
        let policy = self.on_divergence.map_or(on_divergence(loss), OnDivergence::from);
        let bounds = Bounds { least_rate: last_rate * policy.least_rate(), ..Bounds::default() };
        Ok(TrainingSpec { network, optimizer, bounds, loss })
    }
}
