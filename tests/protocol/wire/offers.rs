//! What a server plans of descriptions, before and after keys arrive.

use bytes::Bytes;
use seal_nn::{
    CircuitError, Error, RequestError, SessionError,
    backend::{EvaluationKeys, KeySwitching},
    nn::{
        head::{Head, HeadInference},
        layout::LayoutKind,
        split::Samples,
    },
    program::Plan,
    protocol::{
        Deployment,
        wire::{Announcement, Described, Offer, Opening},
    },
};

use super::{opened, tasks};
use crate::kit::iris::Iris;

fn announced<P: Described>(deployment: &Deployment<P>) -> Announcement {
    Announcement::of(deployment, 2).unwrap()
}

fn refused(announced: &[Announcement]) -> Error {
    Offer::new(announced).err().unwrap()
}

/// Every program comes back from its description with the same plan, and its keys have the length that was foretold.
#[test]
fn descriptions_of_all_programs_lead_to_their_plans() {
    fn check<P: Described>(deployment: &Deployment<P>) {
        let announced = announced(deployment);
        let there = Deployment::<P>::from_bytes(&announced.description).unwrap();
        assert_eq!(
            (there.plan.fingerprint(), &there.plan.keys),
            (deployment.plan.fingerprint(), &deployment.plan.keys)
        );
        assert_eq!(there.to_bytes().unwrap(), announced.description, "{}", P::NAME);
        let (offer, chain) = (Offer::new(&[announced]).unwrap(), &deployment.plan.chain);
        let keys = deployment.plan.keys.relin_bytes(chain, KeySwitching::default())
            + deployment.plan.keys.galois_bytes(chain, KeySwitching::default());
        assert!((keys..keys + 500).contains(&offer.key_bytes()), "{}", P::NAME);
        assert!(offer.memory_bytes() > 2 * keys && offer.largest_message() > 4096 && offer.largest_answer() > 4096);
    }
    let iris = Iris::new(LayoutKind::Merged, 50);
    check(&iris.deployment.training);
    check(&iris.deployment.inference);
    check(&tasks::split(Samples::Kept).0);
    check(&tasks::layerwise(Samples::Sent).0);
    check(&tasks::split_inference().0);
    check(&tasks::head().0);
    check(&tasks::head_training());
    check(&tasks::calibration().0);
}

/// SEAL's own keys have a length that is foretold as well.
#[test]
fn lengths_of_keys_are_exact() {
    let (deployment, _) = tasks::split(Samples::Kept);
    for key_switching in [KeySwitching::Hybrid, KeySwitching::Seal] {
        let bytes = deployment.make_keys(key_switching).unwrap().1.to_bytes().unwrap().len();
        let foretold = EvaluationKeys::bytes_of(&deployment.parameters, &deployment.keys, key_switching).unwrap();
        assert_eq!(bytes, foretold, "{key_switching:?}");
    }
}

/// What the client folds into what it encrypts is not said.
#[test]
fn descriptions_do_not_say_what_the_server_need_not_know() {
    let text = |announced: Announcement| String::from_utf8(announced.description.to_vec()).unwrap();
    let (calibration, ..) = tasks::calibration();
    let texts = [
        text(announced(&tasks::head().0)),
        text(announced(&tasks::head_training())),
        text(announced(&calibration)),
        text(announced(&tasks::split(Samples::Kept).0)),
        text(announced(&tasks::split_inference().0)),
    ];
    for text in &texts {
        for secret in ["temperature", "\"range\"", "start", "loss", "learning", "labels"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    assert!(texts[0].contains("\"activation\":\"quadratic\""), "{}", texts[0]);
}

#[test]
fn a_session_has_one_set_of_parameters() {
    let (split, layerwise) = (tasks::split(Samples::Kept).0, tasks::layerwise(Samples::Kept).0);
    let error = refused(&[announced(&split), announced(&layerwise)]);
    assert!(matches!(error, Error::Session(SessionError::OtherParameters { program: 1 })), "{error}");
    assert!(matches!(refused(&[]), Error::Session(SessionError::NoProgram)));
    let error = refused(&vec![announced(&split); 9]);
    assert!(matches!(error, Error::Session(SessionError::TooLarge { most: 8, actual: 9, .. })), "{error}");
    assert_eq!(Offer::new(&vec![announced(&split); 8]).unwrap().programs(), 8);
}

#[test]
fn sizes_are_looked_at_before_anything_is_planned() {
    let split = announced(&tasks::split(Samples::Kept).0);
    let text = String::from_utf8(split.description.to_vec()).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in {text}");
        refused(&[Announcement { description: text.replacen(from, to, 1).into(), parts: 0 }])
    };
    let widths = vec!["4"; 40].join(",");
    for (from, to) in [
        ("\"batch\":64", "\"batch\":4097"),
        ("\"widths\":[4,8,3]", "\"widths\":[4096,4096,3]"),
        ("\"widths\":[4,8,3]", &format!("\"widths\":[{widths}]")),
    ] {
        let error = with(from, to);
        assert!(matches!(error, Error::Session(SessionError::TooLarge { .. })), "{to}: {error}");
    }
    let error = with("\"program\":\"split training\"", "\"program\":\"mining\"");
    assert!(matches!(error, Error::Session(SessionError::UnknownKind { .. })), "{error}");
    let huge = Announcement { description: Bytes::from(vec![b' '; (1 << 16) + 1]), parts: 0 };
    assert!(matches!(refused(&[huge]), Error::Session(SessionError::TooLarge { .. })));

    let training = announced(&Iris::new(LayoutKind::Merged, 50).deployment.training);
    let text = String::from_utf8(training.description.to_vec()).unwrap();
    let many = text.replacen("\"batches_per_step\":1", "\"batches_per_step\":65536", 1);
    let error = refused(&[Announcement { description: many.into(), parts: 0 }]);
    assert!(matches!(error, Error::Session(SessionError::TooLarge { what: "passes in a request", .. })), "{error}");
}

/// Whatever is announced is a number.
#[test]
fn any_number_of_parts_can_be_announced() {
    let (deployment, _) = tasks::split(Samples::Kept);
    let memory = |parts| {
        let announcement = Announcement { parts, ..announced(&deployment) };
        Offer::new(&[announcement]).unwrap().memory_bytes()
    };
    let part = deployment.plan.chain.ciphertext_bytes(deployment.plan.entry);
    assert_eq!(memory(7) - memory(2), 5 * part);
    assert_eq!(memory(usize::MAX), usize::MAX);
}

/// Weights of the server's own are not in a description.
#[test]
fn a_head_that_the_server_knows_is_not_described() {
    let (encrypted, head): (Deployment<HeadInference>, Head) = tasks::head();
    let program =
        seal_nn::nn::head::HeadProgram::new(encrypted.program.program().shape(), encrypted.parameters.slots());
    let program = HeadInference::known(program.unwrap(), &head).unwrap();
    let plan = Plan::of(&program, &encrypted.plan.chain).unwrap();
    let known = Deployment { keys: plan.keys.clone(), plan, program: program.into(), parameters: encrypted.parameters };
    assert!(matches!(refused(&[announced(&known)]), Error::Request(RequestError::OtherPlan { .. })));
}

#[test]
fn keys_that_are_not_those_of_the_plans_are_refused() {
    let (deployment, _) = tasks::split(Samples::Kept);
    let (_, _, opening) = opened(&deployment, 2);
    let offer = Offer::new(&opening.programs).unwrap();
    let refused = |keys: &[u8]| offer.open(keys).err().unwrap();
    let expected = opening.keys.len();
    for keys in [&[][..], &opening.keys[1..], &[&opening.keys[..], &[0]].concat()] {
        let error = refused(keys);
        let Error::Session(SessionError::KeyBytes { expected: needed, actual }) = error else { panic!("{error}") };
        assert_eq!((needed, actual), (expected, keys.len()));
    }
    // Flipped bits of the frame, and of keys where its checksum shows it.
    for at in (0..200).chain([expected / 2, expected - 1]) {
        let mut keys = opening.keys.to_vec();
        keys[at] ^= 0x10;
        assert!(matches!(refused(&keys), Error::Seal(_)), "byte {at}");
    }
    // As many keys at the same levels, for other rotations.
    let mut other = deployment.keys.clone();
    let (step, level) = other.rotations.pop_last().unwrap();
    other.rotations.insert(seal_nn::Rotation(step.0 + 1), level);
    let others = Deployment { keys: other, ..deployment.clone() };
    let keys = others.make_keys(KeySwitching::default()).unwrap().1.to_bytes().unwrap();
    assert!(matches!(refused(&keys), Error::Circuit(CircuitError::MissingRotation { .. })));
    // SEAL's own are of another length.
    let keys = deployment.make_keys(KeySwitching::Seal).unwrap().1;
    let opening = Opening::new(opening.programs.clone(), &keys).unwrap();
    assert!(matches!(refused(&opening.keys), Error::Session(SessionError::KeyBytes { .. })));
}
