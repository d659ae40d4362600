//! Results do not depend on the number of threads.

use crate::kit::iris::{self, Iris};
use rayon::ThreadPoolBuilder;
use seal_nn::{
    Error,
    backend::{Circuit, Evaluate, KeyHolder, Noise},
    nn::{
        Weights,
        layout::{
            Batch,
            LayoutKind::{self, Diagonal, Merged},
            State, TrainingLayout,
        },
    },
    program::{Program, Record},
    protocol::{Client, Deployment, Peer, encrypt},
};
use std::sync::Mutex;

const THREADS: [usize; 3] = [1, 2, 5];

/// What `work` returns in pools of each size.
fn in_pools<T: Send>(work: impl Fn() -> T + Sync) -> Vec<T> {
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    THREADS.iter().map(|&threads| pool(threads).install(&work)).collect()
}

/// Every bit of weights: equality of numbers would pass over the sign of a zero.
fn bits(weights: &Weights) -> Vec<u64> {
    weights.0.iter().flatten().map(|w| w.to_bits()).collect()
}

#[track_caller]
fn assert_all_equal<T: PartialEq>(results: &[T]) {
    for (threads, result) in THREADS.iter().zip(results) {
        assert!(*result == results[0], "{threads} threads give another result than {}", THREADS[0]);
    }
}

/// A whole step with both parties, and an inference after it.
fn whole_step(kind: LayoutKind) -> (Vec<u64>, Vec<u64>, Vec<u64>) {
    let iris = Iris::new(kind, iris::SAMPLES);
    let mut session = iris.in_the_clear(Some(Noise { seed: 5 }));
    session.add_batch(iris.x.view(), iris.t.view()).unwrap();
    session.step().unwrap();
    let outputs = session.infer(iris.x.view()).unwrap();
    assert_ne!(bits(session.weights()), bits(&iris.weights), "nothing was learnt");
    (bits(session.weights()), bits(session.velocity()), outputs.iter().map(|y| y.to_bits()).collect())
}

#[test]
fn a_noisy_step_has_the_same_bits_on_any_number_of_threads() {
    assert_all_equal(&in_pools(|| whole_step(Merged)));
    assert_all_equal(&in_pools(|| whole_step(Diagonal)));
}

/// Encryption draws random numbers, so one request goes to one server again and again.
fn assert_one_answer<K, E>(iris: &Iris, holder: &K, circuit: Circuit<E>)
where
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    E: Evaluate,
{
    let Deployment { program, plan, .. } = &iris.deployment.training;
    let mut server = iris.server(circuit);
    let samples = iris::SAMPLES;
    let levels = program.kept(&samples, plan.entry, &plan.chain).unwrap();
    server.keep(&samples, &encrypt::<Batch<()>, K>(holder, &iris.packed(), &levels).unwrap()).unwrap();
    let (call, asked) = iris.client().ask().unwrap();
    let levels = program.asked(&call, plan.entry, &plan.chain).unwrap();
    let request = encrypt::<State<()>, K>(holder, &asked, &levels).unwrap();
    let server = Mutex::new(server);
    assert_all_equal(&in_pools(|| {
        let answer = server.lock().unwrap().call(&call, &request).unwrap();
        let slots = State::try_map(&answer, |x| Ok::<_, Error>(holder.decrypt(x)?.open_as_key_owner())).unwrap();
        let weights = iris.layout().unpack_weights(&slots.weights).unwrap();
        (bits(&weights), bits(&iris.layout().unpack_weights(&slots.velocity).unwrap()))
    }));
}

#[test]
fn the_server_gives_one_answer_on_any_number_of_threads() {
    let iris = Iris::new(Diagonal, iris::SAMPLES);
    let (holder, circuit) = iris.deployment.training.in_the_clear(Some(Noise { seed: 6 }));
    assert_one_answer(&iris, &holder, circuit);

    let iris = Iris::new(Merged, iris::SAMPLES);
    let (holder, circuit, _) = iris.seal();
    assert_one_answer(&iris, &holder, circuit);
}
