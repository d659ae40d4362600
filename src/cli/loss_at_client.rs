//! Training steps whose loss the client computes, for the comparison with those in one round trip.

use seal_nn::{
    Error,
    backend::{CostModel, KeySwitching, Operation},
    nn::{
        layerwise::LayerwiseTraining,
        split::{SplitSetup, SplitTraining},
    },
    program::{Line, Plan},
    protocol::{Deployment, ParameterRequest, three_layers_in_one_ring},
    report::{Align, Table, format},
    seal::Parameters,
};

use super::training::{Experiment, RoundsProgram};

/// A training step in several round trips, planned.
pub struct Planned {
    pub name: &'static str,
    /// The shape of its tiles.
    pub tiles: String,
    pub parameters: Parameters,
    pub plan: Plan,
    /// Seconds of a step on one thread, both parties, by the cost model.
    pub seconds: f64,
}

/// The split step and the step layer by layer for the network and the batches of an experiment, and the reasons why one of
/// them is not possible.
pub fn plans(
    experiment: &Experiment,
    widths: &[usize],
    costs: &CostModel,
    seconds_per_byte: f64,
) -> (Vec<Planned>, Vec<(&'static str, Error)>) {
    let batch = experiment.batch * experiment.batches_per_step;
    let (setup, request) = (SplitSetup::new(widths, batch).with_shares(experiment.ranks), &experiment.request);
    let (mut possible, mut refused) = (Vec::new(), Vec::new());
    for planned in [
        planned::<SplitTraining>(&setup, request, costs, seconds_per_byte),
        planned::<LayerwiseTraining>(&setup, request, costs, seconds_per_byte),
    ] {
        match planned {
            Ok(planned) => possible.push(planned),
            Err(reason) => refused.push(reason),
        }
    }
    if let Ok(Some((parameters, plan))) = three_layers_in_one_ring(&setup) {
        let (name, tiles) = ("in one ring (counted)", "rows of one".into());
        possible.push(Planned { name, tiles, parameters, seconds: plan.seconds(costs), plan });
    }
    (possible, refused)
}

/// The step of a program, or its name and the reason why it is not possible.
fn planned<P: RoundsProgram>(
    setup: &SplitSetup,
    request: &ParameterRequest,
    costs: &CostModel,
    seconds_per_byte: f64,
) -> Result<Planned, (&'static str, Error)> {
    let Deployment { parameters, program, plan, .. } =
        P::choose(setup, request, costs, seconds_per_byte).map_err(|error| (P::STEP, error))?;
    Ok(Planned { name: P::STEP, tiles: program.tiles(), parameters, seconds: plan.seconds(costs), plan })
}

/// What a step takes in each of the two ways.
pub fn table(possible: &[Planned], key_switching: KeySwitching) -> Table {
    let heads = std::iter::once(("loss at the client", Align::Left));
    let mut table = Table::new(heads.chain(possible.iter().map(|rounds| (rounds.name, Align::Right))));
    let bytes = |count: usize| format::bytes(count as u64);
    let mut row = |name: &str, value: &dyn Fn(&Planned) -> String| {
        table.row(std::iter::once(name.to_owned()).chain(possible.iter().map(value)));
    };
    row("tiles", &|r| r.tiles.clone());
    row("N", &|r| r.parameters.poly_modulus_degree().to_string());
    row("bits of the primes", &|r| {
        r.parameters.coeff_modulus_bits().iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
    });
    row("round trips per step", &|r| r.plan.rounds.len().to_string());
    row("levels", &|r| r.plan.depth.to_string());
    row("rotations per step", &|r| r.plan.operations.rotations().to_string());
    row("relinearisations per step", &|r| r.plan.operations.count(Operation::Relinearize).to_string());
    row("ciphertext products per step", &|r| r.plan.operations.count(Operation::MultiplyCiphertexts).to_string());
    row("ciphertexts per step, each way", &|r| r.plan.ciphertexts_up().to_string());
    row("per step, client to server", &|r| bytes(r.plan.bytes_up()));
    row("per step, server to client", &|r| bytes(r.plan.bytes_down()));
    row("samples of a batch, once", &|r| bytes(r.plan.kept_bytes()));
    row("evaluation keys", &|r| bytes(r.plan.keys.bytes(&r.plan.chain, key_switching)));
    row("seconds per step, both parties", &|r| format::seconds(r.seconds));
    let slow = Line::SLOW;
    row(&format!("messages of a step at {slow}"), &|r| format::seconds(slow.seconds_of(&r.plan)));
    row("a step at that, both parties and messages", &|r| format::seconds(r.seconds + slow.seconds_of(&r.plan)));
    row("keys and samples of a batch at that, once", &|r| {
        let keys = r.plan.keys.bytes(&r.plan.chain, key_switching);
        format::seconds(slow.seconds(keys + r.plan.kept_bytes(), 1))
    });
    table
}
