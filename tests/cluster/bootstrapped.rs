//! A training on several ranks that refreshes by itself, in a ring without security.

use seal_nn::{
    backend::KeySwitching,
    cluster::{Leader, Ranks, follow},
    protocol::wire::{Offer, Place},
};

use crate::{job::on_ranks, kit::bootstrapped::Bootstrapped};

const STEPS: usize = 3;

/// Two ciphertexts are bootstrapped between two steps, by two ranks and by two of four: whoever has other bits than the others
/// ends the step.
#[test]
fn bootstraps_are_dealt_to_ranks() {
    for ranks in [2, 4] {
        on_ranks(ranks, "bootstrapped::rank_trains");
    }
}

#[test]
#[ignore = "a rank of bootstraps_are_dealt_to_ranks"]
fn rank_trains() {
    let (ranks, models) = (Ranks::join().unwrap().unwrap(), Default::default());
    if ranks.rank() > 0 {
        return follow(ranks, |announced| Offer::insecure(announced, &models)).unwrap();
    }
    let planned = Bootstrapped::of(STEPS, 30, 4);
    let (holder, keys) = planned.deployment.training.make_keys(KeySwitching::default()).unwrap();
    let opening = planned.opening(&holder, &keys);
    let offer = Offer::insecure(&opening.programs, &models).unwrap();
    let hosts = Leader::new(ranks).open(&opening.programs, &offer, opening.keys.into(), None).unwrap();
    let mut session = planned.session(holder, hosts);
    session.advance(STEPS).unwrap();
    let difference = session.weights().max_difference(&planned.in_the_clear());
    println!("{difference:e}");
    // As on one process (`tests/protocol/bootstrapped.rs`): the bend and the noise of two bootstraps, and not less.
    assert!(1e-7 < difference && difference < 1e-4, "{difference:e}");
}
