//! Training steps whose loss the client computes, for the comparison with those in one round trip.

use seal_nn::{
    Error,
    backend::{CostModel, KeySwitching, Operation},
    nn::split::SplitSetup,
    program::{Plan, Program},
    protocol::Deployment,
    report::{Align, Table, format},
    seal::Parameters,
};

use super::training::Experiment;

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
) -> (Vec<Planned>, Vec<(&'static str, Error)>) {
    let batch = experiment.batch * experiment.batches_per_step;
    let (setup, request) = (SplitSetup::new(widths, batch), &experiment.request);
    let split = Deployment::of_split_training(&setup, request, costs, 0.0);
    let split = split.map(|found| rounds("split", found.program.layout().shape().to_string(), &found, costs));
    let layers = Deployment::of_layerwise_training(&setup, request, costs, 0.0);
    let layers = layers.map(|found| {
        let sides = found.program.layers().iter().map(|layer| layer.sides().map(|side| side.to_string()).join(" x "));
        rounds("layerwise", sides.collect::<Vec<_>>().join(", "), &found, costs)
    });
    let (mut possible, mut refused) = (Vec::new(), Vec::new());
    for (name, planned) in [("split", split), ("layerwise", layers)] {
        match planned {
            Ok(planned) => possible.push(planned),
            Err(error) => refused.push((name, error)),
        }
    }
    (possible, refused)
}

fn rounds<P: Program>(name: &'static str, tiles: String, found: &Deployment<P>, costs: &CostModel) -> Planned {
    let (parameters, plan) = (found.parameters.clone(), found.plan.clone());
    Planned { name, tiles, parameters, seconds: plan.seconds(costs), plan }
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
    row("evaluation keys", &|r| {
        bytes(
            r.plan.keys.galois_bytes(&r.plan.chain, key_switching)
                + r.plan.keys.relin_bytes(&r.plan.chain, key_switching),
        )
    });
    row("seconds per step, both parties", &|r| format::seconds(r.seconds));
    table
}
