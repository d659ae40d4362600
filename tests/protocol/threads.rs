//! Results do not depend on the number of threads.

use crate::kit::iris::{self, Iris};
use rayon::ThreadPoolBuilder;
use seal_nn::{
    backend::{Evaluate, KeyHolder, Noise},
    nn::{
        Layout,
        LayoutKind::{self, Diagonal, Merged},
        Weights,
    },
    protocol::{Client, Server, StepRequest},
};

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
    let (client, server) = iris.in_the_clear(Some(Noise { seed: 5 }));
    let mut session = iris.session(client, server);
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
fn assert_one_answer<K, E>(iris: &Iris, client: &Client<K, Layout>, mut server: Server<E, Layout>)
where
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    E: Evaluate,
{
    server.add_batch(&client.encrypt_batch(iris.x.view(), iris.t.view()).unwrap()).unwrap();
    let rest = Weights::zeros(&iris.spec.network);
    let request: StepRequest<E::Fresh> = client.step_request(&iris.weights, &rest, 0, 0).unwrap();
    assert_all_equal(&in_pools(|| {
        let (weights, velocity) = client.read_state(&server.step(&request).unwrap(), 0).unwrap();
        (bits(&weights), bits(&velocity))
    }));
}

#[test]
fn the_server_gives_one_answer_on_any_number_of_threads() {
    let iris = Iris::new(Diagonal, iris::SAMPLES);
    let (client, server) = iris.in_the_clear(Some(Noise { seed: 6 }));
    assert_one_answer(&iris, &client, server);

    let iris = Iris::new(Merged, iris::SAMPLES);
    let (client, server, _) = iris.on_seal();
    assert_one_answer(&iris, &client, server);
}
