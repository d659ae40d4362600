//! Messages and descriptions of programs.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::{
    Error,
    backend::{CostModel, KeySwitching, SealKeyHolder},
    nn::{
        calibration::CalibrationSpec,
        head::{EncryptedTrainingSpec, Head, HeadShape},
        inference::Inference,
        layerwise::{LayerCall, LayerwiseTraining},
        layout::{Layout, LayoutKind},
        learning::random_layers,
        soft_argmax::{SoftArgmax, SoftmaxApproximation},
        split::{SplitSetup, SplitTraining},
        training::{Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    program::{Program, Record},
    protocol::{
        Deployment, TrainingDeployment, encrypt,
        wire::{Announcement, Described, Host, Offer, Opening, message_to_bytes},
    },
};

use crate::batches::{EXTREMES, mutated_once, rounds};
use crate::tries::Tries;

fn layerwise() -> Deployment<LayerwiseTraining> {
    let setup = SplitSetup::new(&[4, 6, 3], 50);
    Deployment::of_layerwise_training(&setup, &Default::default(), &CostModel::default(), 0.0).unwrap()
}

/// Messages with ciphertexts of ones.
fn message<R: Record>(
    holder: &SealKeyHolder,
    header: &impl serde::Serialize,
    levels: &R::Of<seal_nn::Level>,
) -> Vec<u8> {
    let slots = R::try_map(levels, |_| Ok::<_, Error>(vec![1.0])).unwrap();
    message_to_bytes::<R, _, _>(header, &encrypt::<R, _>(holder, &slots, levels).unwrap()).unwrap()
}

/// Parts and requests, cut off at every length, with every byte of their beginning flipped, and mutated at random: a program
/// answers or refuses, and can go on.
pub fn messages(tries: &mut Tries) {
    const PARTS: usize = 3;
    let Deployment { program, plan, .. } = &layerwise();
    let (holder, keys) = layerwise().make_keys(KeySwitching::default()).unwrap();
    let opening = Opening::new(vec![Announcement::of(&layerwise(), PARTS).unwrap()], &keys).unwrap();
    let offer = Offer::new(&opening.programs).unwrap();
    let mut host = offer.open(&opening.keys).unwrap().remove(0);

    type Kept = <LayerwiseTraining as Program>::Kept;
    type Asked = <LayerwiseTraining as Program>::Asked;
    let keep = message::<Kept>(&holder, &(), &program.kept(&(), plan.entry, &plan.chain).unwrap());
    let calls = [
        LayerCall::First(vec![0]),
        LayerCall::Forward { layer: 1, blocks: 1 },
        LayerCall::Backward { layer: 1, blocks: 1 },
        LayerCall::Backward { layer: 0, blocks: 1 },
    ];
    let calls =
        calls.map(|call| message::<Asked>(&holder, &call, &program.asked(&call, plan.entry, &plan.chain).unwrap()));
    let exchange = |host: &mut Box<dyn Host>| {
        host.forget().unwrap();
        host.keep(&keep).unwrap();
        calls.iter().for_each(|call| drop(host.call(call).unwrap()));
    };
    exchange(&mut host);
    let largest = offer.largest_message().max(offer.largest_answer());
    tries.limit_memory(largest);

    let all: Vec<&Vec<u8>> = [&keep].into_iter().chain(&calls).collect();
    let mut send = |tries: &mut Tries, what: &str, number: usize, bytes: &[u8]| {
        if number == 0 {
            // Those that were taken are gone again.
            let _ = tries.attempt(what, || host.keep(bytes));
            host.forget().unwrap();
            host.keep(&keep).unwrap();
        } else {
            let _ = tries.attempt(what, || host.call(bytes));
        }
    };
    for (number, sample) in all.iter().enumerate() {
        for length in (0..400).chain((400..sample.len()).step_by(97)) {
            send(tries, &format!("message {number} cut to {length}"), number, &sample[..length]);
        }
        for at in 0..80 {
            for mask in [0x01, 0x80] {
                let mut bytes = sample.to_vec();
                bytes[at] ^= mask;
                send(tries, &format!("message {number}, byte {at} ^ {mask:#x}"), number, &bytes);
            }
        }
    }
    for round in 0..800 {
        let mut rng = ChaCha8Rng::seed_from_u64(round);
        let number = rng.random_range(0..all.len());
        let mut bytes = all[number].clone();
        for _ in 0..rng.random_range(1..4) {
            bytes = mutated_once(bytes, all[rng.random_range(0..all.len())], &mut rng);
        }
        // At times to the other door.
        let door = if rng.random_ratio(1, 8) { rng.random_range(0..all.len()) } else { number };
        send(tries, &format!("round {round}: message {number} as {door}"), door, &bytes);
    }
    exchange(&mut host);
}

/// A description of every program.
fn all_descriptions() -> Vec<(&'static str, Announcement)> {
    fn of<P: Described>(deployment: &Deployment<P>) -> (&'static str, Announcement) {
        (P::NAME, Announcement::of(deployment, 2).unwrap())
    }
    let request = Default::default();
    let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::Constant).unwrap();
    let network = "4-8-3".parse().unwrap();
    let spec = TrainingSpec { network, optimizer, bounds: Default::default(), loss: Default::default() };
    let training = |kind: LayoutKind| {
        let layout = |slots| kind.layout(&spec.network, slots, 40);
        TrainingDeployment::<Layout>::choose(&TrainingSetup::new(&spec, 40), &request, layout).unwrap()
    };
    let (merged, axis) = (training(LayoutKind::Merged), training(LayoutKind::Axis));
    let inference: &Deployment<Inference<Layout>> = &axis.inference;
    let split = Deployment::<SplitTraining>::of_split_training(
        &SplitSetup::new(&[4, 8, 3], 64),
        &request,
        &CostModel::default(),
        0.0,
    );
    let tiles = Deployment::of_split_inference(&[20, 6, 3], 100, 1, &request, &CostModel::default(), 0.0);
    let [first, second] = random_layers(&[24, 8, 2], 1).unwrap().try_into().unwrap();
    let head = Head::two_layers(first, seal_nn::nn::head::HeadActivation::quadratic(), second).unwrap();
    let sigmoid = SoftmaxApproximation::sigmoid(7, 8.0).unwrap();
    let shape = HeadShape::new(&head, SoftArgmax::new(2, 1.0, 0).unwrap(), sigmoid.clone()).unwrap();
    let learned = EncryptedTrainingSpec {
        width: 20,
        classes: 2,
        range: 8.0,
        approximation: sigmoid.clone(),
        batch: 50,
        rate: 4.0,
        momentum: 0.8,
    };
    let approximation = SoftmaxApproximation::stages(3, 8.0, 7, &[3, 2]).unwrap();
    let calibration =
        CalibrationSpec { classes: 3, range: 8.0, approximation, start: 1.0, rate: 0.1, momentum: 0.5, bias: true };
    vec![
        of(&merged.training),
        of(&axis.training),
        of(inference),
        of(&split.unwrap()),
        of(&layerwise()),
        of(&tiles.unwrap()),
        of(&Deployment::of_head(&shape, None, &request).unwrap()),
        of(&Deployment::of_head_training(&learned, &request).unwrap()),
        of(&Deployment::of_calibration(&calibration, 40, &request).unwrap()),
    ]
}

/// Where numbers are in a text.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let is_number = |c: char| c.is_ascii_digit() || ".-+eE".contains(c);
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|start| at + start) {
        let end = text[start..].find(|c| !is_number(c)).map_or(text.len(), |end| start + end);
        found.push((start, end));
        at = end;
    }
    found
}

/// Beside extremes.
const OTHERS: [&str; 12] =
    ["-1", "0.5", "1e-320", "1e308", "1e999", "64", "4096", "8192", "32768", "262144", "[]", "null"];
const VALUES_APART: usize = 5;
const MERGED: &str = "\"kind\":\"merged\"";

/// What is planned for a stranger takes bounded time and memory, whatever the description says.
pub fn descriptions(tries: &mut Tries) {
    let all = all_descriptions();
    let plan = |bytes: Vec<u8>| {
        let announced = [Announcement { description: bytes.into(), parts: usize::MAX }];
        Offer::new(&announced).map(|offer| (offer.memory_bytes(), offer.key_bytes(), offer.largest_message()))
    };
    for (_, announced) in &all {
        plan(announced.description.to_vec()).unwrap();
    }
    tries.limit_memory(0);
    let values: Vec<String> =
        EXTREMES.iter().map(u64::to_string).chain(OTHERS.iter().map(|&other| other.into())).collect();
    for (number, (name, announced)) in all.iter().enumerate() {
        let text = std::str::from_utf8(&announced.description).unwrap();
        for length in (0..text.len()).step_by(5) {
            let what = format!("{name}, cut to {length}");
            assert!(tries.attempt(&what, || plan(text.as_bytes()[..length].to_vec())).is_err(), "{what}: accepted");
        }
        for at in (number % 7..text.len()).step_by(7) {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= [0x01, 0x04, 0x80][at % 3];
            let _ = tries.attempt(&format!("{name}, byte {at}"), || plan(bytes));
        }
        // Each number gets some of the values, each value some of the numbers.
        for (index, (start, end)) in numbers(text).into_iter().enumerate() {
            for value in values.iter().skip((index + number) % VALUES_APART).step_by(VALUES_APART) {
                let changed = format!("{}{value}{}", &text[..start], &text[end..]);
                let what = format!("{name}, {value} for {} at {start}", &text[start..end]);
                let _ = tries.attempt(&what, || plan(changed.into_bytes()));
            }
        }
        // Networks as large as they may be, in whatever layout.
        for widths in ["500-500-2", "4096-60-4", "256-256-256-256-2"] {
            let list = format!("\"widths\":[{}]", widths.replace('-', ","));
            let mut changed = text.replace("\"layers\":\"4-8-3\"", &format!("\"layers\":\"{widths}\""));
            for own in ["\"widths\":[4,8,3]", "\"widths\":[4,6,3]", "\"widths\":[20,6,3]", "\"widths\":[24,8,2]"] {
                changed = changed.replace(own, &list);
            }
            let kinds: Vec<LayoutKind> = match text.contains(MERGED) {
                true => LayoutKind::ALL.into_iter().chain(LayoutKind::BASELINES).collect(),
                false => vec![LayoutKind::Merged],
            };
            for kind in kinds {
                let changed = changed.replace(MERGED, &format!("\"kind\":\"{}\"", kind.name()));
                let _ = tries.attempt(&format!("{name}, {widths} in {}", kind.name()), || plan(changed.into_bytes()));
            }
        }
    }
    // As the target `offer` of cargo-fuzz, which needs a nightly toolchain.
    for round in rounds(300) {
        let mut rng = ChaCha8Rng::seed_from_u64(round);
        let (name, announced) = &all[rng.random_range(0..all.len())];
        let mut bytes = announced.description.to_vec();
        for _ in 0..rng.random_range(1..4) {
            bytes = mutated_once(bytes, &all[rng.random_range(0..all.len())].1.description, &mut rng);
        }
        let planned = tries.attempt(&format!("round {round}: {name}"), || plan(bytes));
        assert!(planned.is_err() || planned.is_ok_and(|(memory, ..)| memory > 0));
    }
}
