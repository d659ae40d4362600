//! Times one training step on SEAL ciphertexts, and checks it.

use std::time::Instant;

use seal_nn::{
    Level,
    backend::{Operation, SealEvaluator, SealKeyHolder, Tallies},
    nn::{LayoutKind, Weights, reference},
    protocol::{Client, Server},
    report::median,
};

use super::{
    error::ReproduceError,
    job::{Job, Timing},
    memory,
    workload::{Planned, Samples},
};

/// Noise stays far below; a layout that computes something else is off by a learning rate.
const ALLOWED_DIFFERENCE: f64 = 1e-4;

/// What was done at which level. Encodings are left out: they come from a cache after the first step.
fn countable(tallies: &Tallies) -> Vec<(Operation, Level, usize)> {
    let counts = tallies.iter().map(|(operation, level, tally)| (operation, level, tally.count));
    counts.filter(|(operation, ..)| *operation != Operation::Encode).collect()
}

/// The server's time for a step, every time from the same weights, after a first one that fills the cache of encodings.
pub fn time(job: &Job) -> anyhow::Result<Timing> {
    let workload = &job.workload;
    let spec = workload.spec()?;
    let Planned { parameters, layout, plan } = match &job.layout {
        Some(name) => workload.plan(name.parse::<LayoutKind>()?)?,
        None => workload.choose()?,
    };
    let (network, name) = (&workload.network, layout.to_string());
    let Samples { inputs, targets } = workload.samples(&spec.network, job.seed);
    let weights = Weights::random(&spec.network, &workload.reach, job.seed);
    let velocity = match plan.momentum {
        true => Weights::random(&spec.network, &[0.1], job.seed + 1),
        false => Weights::zeros(&spec.network),
    };
    let (mut expected, mut expected_velocity) = (weights.clone(), velocity.clone());
    reference::step(&spec, &mut expected, &mut expected_velocity, inputs.view(), targets.view(), 0);

    let holder = SealKeyHolder::generate(&parameters)?;
    let keys = holder.evaluation_keys(&plan.steps)?;
    let evaluator = SealEvaluator::new(&parameters, &keys)?;
    // Their expanded form is what the server keeps.
    drop(keys);
    let planned = countable(&plan.step_operations);
    let client = Client::new(holder, layout.clone(), spec.clone(), plan);
    let mut server = Server::new(evaluator, layout, spec);
    server.add_batch(&client.encrypt_batch(inputs.view(), targets.view())?)?;

    let (mut seconds, mut max_weight_difference) = (Vec::new(), 0f64);
    for _ in 0..=job.repeats {
        let request = client.step_request(&weights, &velocity, 0, 0)?;
        server.circuit().meter().take();
        let asked = Instant::now();
        let reply = server.step(&request)?;
        seconds.push(asked.elapsed().as_secs_f64());
        if countable(&server.circuit().meter().take()) != planned {
            return Err(ReproduceError::WrongCounts { network: network.clone(), layout: name }.into());
        }
        let (found, found_velocity) = client.read_state(&reply, 0)?;
        max_weight_difference = max_weight_difference.max(found.max_difference(&expected));
        if workload.momentum > 0.0 {
            max_weight_difference = max_weight_difference.max(found_velocity.max_difference(&expected_velocity));
        }
    }
    if max_weight_difference > ALLOWED_DIFFERENCE {
        return Err(ReproduceError::WrongWeights {
            network: network.clone(),
            layout: name,
            actual: max_weight_difference,
            allowed: ALLOWED_DIFFERENCE,
        }
        .into());
    }
    Ok(Timing {
        seconds: median(&seconds[1..]).unwrap_or(seconds[0]),
        repeats: job.repeats,
        max_weight_difference,
        peak_rss_bytes: memory::peak(),
    })
}
