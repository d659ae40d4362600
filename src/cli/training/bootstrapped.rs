//! Whole steps whose server refreshes by itself.

use std::time::Instant;

use seal_nn::{
    Result,
    backend::{Circuit, CostModel, Noise, SealEvaluator, SealKeyHolder},
    bootstrap::{BootstrapKeys, ClearRaise, PlanRaise, SPARSE_WEIGHT, SealRaise, failure_bits},
    nn::{
        Weights,
        layout::Layout,
        training::{Bounds, TrainingSetup, TrainingSpec},
    },
    program::{BootstrapRefresh, RefreshTally},
    protocol::{BootstrapRequest, Bootstrapping, Train, TrainingDeployment, choose_bootstrapped_layout},
    report::format,
    seal::release_memory,
};

use super::{Whole, WholeMethod, report, watching::Watched, whole_in_the_clear::WholeInTheClear};
use crate::cli::costs::Costs;

/// What is asked of a server that refreshes by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskedBootstraps {
    /// Steps between two looks of the client.
    pub look_every: usize,
    /// The largest weight or velocity; `None` for what a run in the clear suggests.
    pub bound: Option<f64>,
    /// Whether a second pass makes them more precise.
    pub second_pass: bool,
    /// Steps after which the server's encrypted state is written, where both parties are in this process; `None` for never.
    pub keep_server_state: Option<usize>,
    /// Whether weights between two looks are decrypted for the report, where both parties are in this process.
    pub watched: bool,
}

/// The bootstraps of a planned training.
pub struct Bootstrapped {
    pub bootstrapping: Bootstrapping,
    pub tally: RefreshTally,
    /// The weights between two looks, in experiments.
    pub watched: Watched,
    /// The standard deviation of the noise of one.
    deviation: f64,
    look_every: usize,
}

/// A training with bootstraps, planned. A run in the clear says how large weights become: nobody looks at them later.
pub fn plan(mut whole: Whole, asked: AskedBootstraps) -> Result<WholeMethod> {
    if let Some(bound) = asked.bound {
        whole.spec.bounds = Bounds { max_weight: bound, ..whole.spec.bounds };
    }
    let largest = largest_in_the_clear(&whole)?;
    let bound = asked.bound.unwrap_or_else(|| (2.0 * largest).log2().ceil().exp2());
    whole.spec.bounds = Bounds { max_weight: bound, ..whole.spec.bounds };
    let setup = whole.setup();
    let (deployment, bootstrapping, reason) = deployment(&whole, &setup, bound)
        .map_err(|error| setup.explain_loss(error, |other| deployment(&whole, other, bound).is_ok()))?;
    let deviation = bootstrapping.parameters.deviation(&deployment.training.plan.chain)?;
    let bootstrapped = Bootstrapped {
        bootstrapping,
        tally: RefreshTally::default(),
        watched: Watched::default(),
        deviation,
        look_every: asked.look_every,
    };
    Ok(WholeMethod { whole, deployment, bootstrapped: Some(bootstrapped), reason })
}

/// A training in the requested layout or the cheapest one with its bootstraps, and why.
fn deployment(
    whole: &Whole,
    setup: &TrainingSetup,
    bound: f64,
) -> Result<(TrainingDeployment<Layout>, Bootstrapping, String)> {
    let second_pass = whole.bootstraps.is_some_and(|asked| asked.second_pass);
    let bootstraps = BootstrapRequest { second_pass, ..BootstrapRequest::new(bound) };
    let request = &whole.experiment.request;
    match whole.layout {
        Some(kind) => {
            let TrainingSpec { network, .. } = &whole.spec;
            let layout = |slots| kind.layout_of_steps(network, slots, setup.batch, whole.refresh_every);
            let (deployment, bootstrapping) =
                TrainingDeployment::choose_bootstrapped(setup, request, &bootstraps, layout)?;
            Ok((deployment, bootstrapping, "as asked".into()))
        }
        None => {
            let costs = Costs::load().table;
            let (deployment, bootstrapping, choice) = choose_bootstrapped_layout(setup, request, &bootstraps, &costs)?;
            Ok((deployment, bootstrapping, choice.reason()))
        }
    }
}

/// The largest weight or velocity of all steps in the clear, which diverge beyond the bounds.
fn largest_in_the_clear(whole: &Whole) -> Result<f64> {
    let mut clear = WholeInTheClear::new(whole);
    let mut largest = whole.weights.max_abs();
    for _ in 0..whole.experiment.steps {
        clear.advance(1)?;
        let state = clear.state();
        largest = largest.max(state.weights.max_abs()).max(state.velocity.max_abs());
    }
    Ok(largest)
}

impl Bootstrapped {
    /// The refresh of a server in the clear, counted from now on.
    pub fn in_the_clear(&self, noise: Option<Noise>) -> BootstrapRefresh<ClearRaise> {
        self.tally.reset();
        self.bootstrapping.in_the_clear(noise).with_tally(self.tally.clone())
    }

    /// The refresh of a server on SEAL, with keys made here, counted from now on.
    pub fn on_seal(
        &self,
        holder: &SealKeyHolder,
        circuit: &Circuit<SealEvaluator>,
    ) -> Result<BootstrapRefresh<SealRaise>> {
        let keys = self.make_keys(holder)?;
        release_memory()?;
        let refresh = self.bootstrapping.on_seal(circuit.backend().context(), keys)?;
        release_memory()?;
        self.tally.reset();
        Ok(refresh.with_tally(self.tally.clone()))
    }

    /// The keys of bootstraps.
    pub fn make_keys(&self, holder: &SealKeyHolder) -> Result<BootstrapKeys> {
        let started = Instant::now();
        let keys = self.bootstrapping.make_keys(holder)?;
        let plan = &self.bootstrapping.plan;
        say!(
            "bootstraps  {} keys, {} sent to the server, generated in {}",
            plan.key_count(),
            format::bytes(plan.key_bytes() as u64),
            format::seconds(started.elapsed().as_secs_f64())
        );
        Ok(keys)
    }

    /// The refresh of a server in another process, without data, counted from now on.
    pub fn planned(&self) -> BootstrapRefresh<PlanRaise> {
        self.tally.reset();
        self.bootstrapping.planned().with_tally(self.tally.clone())
    }

    /// Seconds that bootstraps of so many ciphertexts take on an ordinary machine.
    pub fn seconds_for(&self, ciphertexts: usize) -> f64 {
        self.bootstrapping.seconds_for(ciphertexts, &CostModel::default())
    }

    /// What is done between steps, in a line.
    pub fn headline(&self) -> String {
        let Bootstrapping { tall, parameters, plan, live } = &self.bootstrapping;
        let spec = parameters.spec();
        format!(
            "\nrefresh     by bootstrapping at the server, {ciphertexts} with values of period {period} up to {bound}{together}; \
             {keys} more keys, {bytes}; a modulus of {total} bits\n\
             \u{20}           each changes a weight by {deviation:.1e} (standard deviation) and bends one at the bound by \
             {bend:.1e}; one of 2^{failure:.0} values is garbled\n\
             looks       the client sees the weights every {look_every} steps, and only then whether they left their range",
            ciphertexts = match live.len() {
                1 => "one ciphertext of weights".to_owned(),
                count => format!("{count} ciphertexts of weights"),
            },
            period = spec.part_period(),
            bound = spec.bound,
            together = match spec.parts {
                1 => String::new(),
                parts => format!(", {parts} of weights or velocity in one bootstrap of {}", spec.period),
            },
            keys = plan.key_count(),
            bytes = format::bytes(plan.key_bytes() as u64),
            total = tall.total_bits(),
            deviation = self.deviation,
            bend = self.bend(),
            failure = -failure_bits(SPARSE_WEIGHT, spec.sine.range()),
            look_every = self.look_every,
        )
    }

    fn bend(&self) -> f64 {
        let spec = self.bootstrapping.parameters.spec();
        spec.bound - spec.bent(spec.bound)
    }

    /// What was done, for a run that ended with these weights.
    pub fn report(&self, weights: &Weights) -> report::Bootstraps {
        let Bootstrapping { tall, parameters, plan, .. } = &self.bootstrapping;
        let (spec, (count, time)) = (parameters.spec(), self.tally.get());
        report::Bootstraps {
            count,
            seconds: Some(time.as_secs_f64()),
            look_every: self.look_every,
            bound: spec.bound,
            largest_weight: weights.max_abs(),
            ratio_bits: spec.ratio_bits,
            period: spec.part_period(),
            deviation: self.deviation,
            bend: self.bend(),
            keys: plan.key_count(),
            key_bytes: plan.key_bytes() as u64,
            modulus_bits: tall.total_bits(),
            curve: Vec::new(),
        }
    }
}
