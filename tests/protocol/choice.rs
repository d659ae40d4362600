//! The choice of a layout: what is cheapest for which network, and that large ones fit at all.

use std::time::Instant;

use seal_nn::{
    ArgumentError, Error, SetupError,
    backend::{Chain, CostModel, Operation},
    nn::{
        Network,
        layout::{Layout, LayoutKind, TrainingLayout},
        training::{Bounds, Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    program::Plan,
    protocol::{Deployment, ParameterRequest, choose_layout},
};

fn spec(network: &str) -> TrainingSpec {
    TrainingSpec {
        network: network.parse().unwrap(),
        optimizer: Sgd::new(&[1.0], 0.5, Schedule::Constant).unwrap(),
        bounds: Bounds::default(),
        loss: Default::default(),
    }
}

#[test]
fn each_network_gets_what_suits_it() {
    for (network, batch, expected) in [
        ("4-8-3", 120, LayoutKind::Merged),
        ("13-8-3", 128, LayoutKind::Axis),
        ("30-16-2", 128, LayoutKind::Axis),
        ("61-32-10", 256, LayoutKind::Axis),
        ("4-8-8-3", 120, LayoutKind::Axis),
    ] {
        let started = Instant::now();
        let costs = CostModel::default();
        let (deployment, choice) =
            choose_layout(&TrainingSetup::new(&spec(network), batch), &ParameterRequest::default(), &costs).unwrap();
        let Deployment { parameters, plan, .. } = &deployment.training;
        println!(
            "{network}: {expected}, {} in {:?}, {} candidates, {} refused",
            choice.reason(),
            started.elapsed(),
            choice.candidates.len(),
            choice.refused.len()
        );
        assert_eq!(deployment.layout().kind(), expected, "{network}");
        assert_eq!(parameters.poly_modulus_degree(), plan.chain.poly_modulus_degree());
        assert_eq!(parameters.security_bits(), 128);
        assert!(choice.candidates.is_sorted_by(|a, b| a.seconds <= b.seconds));
        assert!(choice.reason().contains("times cheaper than"), "{}", choice.reason());
    }
}

/// What is asked for is kept: a ring, primes.
#[test]
fn a_request_narrows_the_choice() {
    let request = ParameterRequest { poly_modulus_degree: Some(32768), ..Default::default() };
    let (deployment, _) =
        choose_layout(&TrainingSetup::new(&spec("4-8-3"), 120), &request, &CostModel::default()).unwrap();
    assert_eq!(deployment.training.parameters.poly_modulus_degree(), 32768);
    let request = ParameterRequest { poly_modulus_degree: Some(3), ..Default::default() };
    let refused = choose_layout(&TrainingSetup::new(&spec("4-8-3"), 120), &request, &CostModel::default());
    assert!(matches!(refused, Err(Error::Argument(ArgumentError::NotOneOf { actual: 3, .. }))));
}

#[test]
fn a_network_that_no_layout_holds_says_why() {
    let chain = Chain::nominal(16384, 3, 40).unwrap();
    match Layout::choose(&spec("4-8-3"), 120, &chain, &CostModel::default()) {
        Err(Error::Setup(error @ SetupError::NoLayout { .. })) => {
            let said = error.to_string();
            assert!(said.contains("merged: ") && said.contains("axis: "), "{said}");
            let SetupError::NoLayout { refused, .. } = error else { unreachable!() };
            let too_short = |error: &Error| matches!(error, Error::Setup(SetupError::TooFewLevels { .. }));
            assert!(refused.iter().any(|(name, cause)| *name == "merged" && too_short(cause.error())), "{said}");
        }
        other => panic!("{:?}", other.map(|c| c.reason())),
    }
}

/// Two layers of 512 x 512 in tiles at N = 16384.
#[test]
fn large_matrices_fit_in_tiles() {
    let spec = spec("512-512-512");
    let started = Instant::now();
    let layout = LayoutKind::Axis.layout(&spec.network, 8192, 16).unwrap();
    let training = TrainingSetup::new(&spec, 16).on(layout.clone()).unwrap();
    let plan = Plan::of(&training, &Chain::nominal(16384, 8, 40).unwrap()).unwrap();
    let (operations, ciphertexts) = (&plan.operations, layout.weight_ciphertexts());
    println!(
        "512-512-512: {} weight ciphertexts, {} rotations, {} relinearisations, planned in {:?}",
        ciphertexts,
        operations.rotations(),
        operations.count(Operation::Relinearize),
        started.elapsed()
    );
    assert!(ciphertexts >= 2 * 512 * 512 / 8192);
}

/// A network with one ciphertext for each feature needs no rotation in its first layer.
#[test]
fn features_apart_spare_rotations() {
    let network: Network = "13-8-3".parse().unwrap();
    let layout = LayoutKind::PerFeature.layout(&network, 8192, 128).unwrap();
    assert_eq!(layout.inputs(128).iter().map(|x| x.ciphertexts()).sum::<usize>(), 13);
    assert_eq!(layout.kind(), LayoutKind::PerFeature);
}
