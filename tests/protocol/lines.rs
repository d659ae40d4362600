//! What steps with the loss at the client cost over a line: tiles that send less, and one ring against many rounds.

use seal_nn::{
    Level,
    backend::{CostModel, Operation},
    nn::{layerwise::LayerwiseTraining, split::SplitSetup},
    program::Line,
    protocol::{Deployment, ParameterRequest, three_layers_in_one_ring},
};

/// Networks with their batch, and the megabytes of a step that the prototype of the split step sent.
const STEPS: [([usize; 3], usize, f64); 5] = [
    ([4, 8, 3], 120, 1.18),
    ([13, 32, 11], 128, 6.5),
    ([19, 32, 7], 128, 7.1),
    ([16, 32, 26], 128, 14.2),
    ([61, 32, 10], 128, 11.8),
];

/// A slower line takes tiles of fewer bytes and more operations.
#[test]
fn tiles_send_less_over_slower_lines() {
    let (request, costs) = (ParameterRequest::default(), CostModel::default());
    for (widths, batch, prototype) in STEPS {
        let setup = SplitSetup::new(&widths, batch);
        let step = |seconds_per_byte: f64| {
            let found = Deployment::of_split_training(&setup, &request, &costs, seconds_per_byte).unwrap();
            let bytes = (found.plan.bytes_up() + found.plan.bytes_down()) as f64 / 1e6;
            println!(
                "{widths:?}: {} at {:.1} ns a byte: {bytes:.2} MB, {:.2} of the prototype's, {:.1} ms",
                found.program.layout().shape(),
                seconds_per_byte * 1e9,
                bytes / prototype,
                found.plan.seconds(&costs) * 1e3
            );
            (bytes / prototype, found.plan.seconds(&costs))
        };
        let [usual, slow] = [Line::USUAL, Line::SLOW].map(|line| step(line.seconds_per_byte()));
        let fastest = step(0.0);
        assert!(fastest.1 <= usual.1 && usual.1 <= slow.1, "{widths:?}");
        assert!(fastest.0 >= usual.0 && usual.0 >= slow.0, "{widths:?}");
        assert!(usual.0 < 0.69, "{widths:?}: {usual:?}");
    }
}

/// The counts of the two steps that the prototype ran.
#[test]
fn one_ring_has_the_counts_of_the_prototype() {
    for (widths, batch, up, rotations) in [([4, 8, 8, 3], 1024, 22, 48), ([13, 16, 8, 11], 512, 31, 64)] {
        let (parameters, plan) = three_layers_in_one_ring(&SplitSetup::new(&widths, batch)).unwrap().unwrap();
        assert_eq!((parameters.poly_modulus_degree(), parameters.security_bits()), (16384, 128));
        // Seven data primes and two special ones; those of 46 bits lie on both sides of 2^46.
        let bits = parameters.coeff_modulus_bits();
        assert_eq!((bits.len(), bits[0], &bits[7..]), (9, 50, &[50, 50][..]));
        assert!(bits[1..7].iter().all(|bits| (46..=47).contains(bits)));
        assert_eq!((plan.ciphertexts_up(), plan.rounds.len(), plan.depth), (up, 2, 6));
        assert_eq!(plan.operations.rotations(), rotations);
        assert!(
            plan.operations.iter().filter(|(o, ..)| *o == Operation::Rotate).all(|(_, level, _)| level == Level(3))
        );
        // k (4 + p) + 4 k s + p + 2 s, one block.
        let (p, s) = (widths[0] + 1, widths[2]);
        assert_eq!(plan.operations.count(Operation::Relinearize), 4 + p + 4 * s + p + 2 * s);
    }
    assert!(three_layers_in_one_ring(&SplitSetup::new(&[4, 8, 3], 128)).unwrap().is_none());
}

/// One ring against layer by layer: seconds of a step for both parties alone, and over a slow line besides. One ring has four
/// round trips fewer, and never makes up for its operations and bytes with them. docs/packing.md has the table.
#[test]
fn layer_by_layer_costs_less_than_one_ring() {
    let (request, costs) = (ParameterRequest::default(), CostModel::default());
    for (widths, batch) in [
        ([4, 8, 8, 3], 120),
        ([4, 8, 8, 3], 1024),
        ([13, 16, 8, 11], 128),
        ([13, 16, 8, 11], 512),
        ([32, 32, 16, 26], 128),
        ([61, 32, 16, 10], 128),
        ([63, 64, 32, 10], 128),
    ] {
        let setup = SplitSetup::new(&widths, batch);
        let (_, ring) = three_layers_in_one_ring(&setup).unwrap().unwrap();
        for line in [None, Some(Line::SLOW)] {
            let price = line.map_or(0.0, |line| line.seconds_per_byte());
            let layers: Deployment<LayerwiseTraining> =
                Deployment::of_layerwise_training(&setup, &request, &costs, price).unwrap();
            let seconds =
                |plan: &seal_nn::program::Plan| plan.seconds(&costs) + line.map_or(0.0, |line| line.seconds_of(plan));
            let megabytes = |plan: &seal_nn::program::Plan| (plan.bytes_up() + plan.bytes_down()) as f64 / 1e6;
            println!(
                "{widths:?}, {batch}, {}: one ring {:.3} s, {:.1} MB, {} round trips; layerwise {:.3} s, {:.1} MB, {}",
                line.map_or("one machine".into(), |line| line.to_string()),
                seconds(&ring),
                megabytes(&ring),
                ring.rounds.len(),
                seconds(&layers.plan),
                megabytes(&layers.plan),
                layers.plan.rounds.len()
            );
            assert!(seconds(&layers.plan) < seconds(&ring), "{widths:?}, {batch}");
        }
    }
}
