//! Messages that were made to mislead: each gives a typed error, and the program goes on. Mutations within a limit of memory
//! are in tests/hostile.

use std::{
    fmt::Debug,
    ops::Range,
    sync::{Arc, Mutex},
};

use seal_nn::{
    CircuitError, Error, Level, MessageError, RequestError, Result, SessionError,
    backend::SealKeyHolder,
    nn::{
        head::{EncryptedTraining, HeadState, TrainingSamples},
        layout::{Batch, LayoutKind},
        split::{Samples, SplitCall, SplitRequest, SplitTraining},
        training::Steps,
    },
    program::{Program, Record},
    protocol::{
        Deployment, Peer, encrypt,
        wire::{Channel, Described, Host, Offer, RemotePeer, message_to_bytes},
    },
    seal::{Ciphertext, Seeded},
};
use serde::Serialize;

use super::{opened, tasks};
use crate::kit::iris::Iris;

/// A program at a server in this process, and its key holder.
struct World<P: Described> {
    holder: SealKeyHolder,
    deployment: Deployment<P>,
    host: Box<dyn Host>,
}

impl<P: Described> World<P> {
    fn new(deployment: Deployment<P>, parts: usize) -> World<P> {
        let (holder, _, opening) = opened(&deployment, parts);
        let host = Offer::new(&opening.programs).unwrap().open(&opening.keys).unwrap().remove(0);
        World { holder, deployment, host }
    }

    fn message<R: Record>(&self, header: &impl Serialize, levels: &R::Of<Level>) -> Vec<u8> {
        message::<R>(&self.holder, header, levels)
    }

    fn keep(&self, part: &P::Part) -> Vec<u8> {
        let Deployment { program, plan, .. } = &self.deployment;
        self.message::<P::Kept>(part, &program.kept(part, plan.entry, &plan.chain).unwrap())
    }

    fn call(&self, call: &P::Call) -> Vec<u8> {
        let Deployment { program, plan, .. } = &self.deployment;
        self.message::<P::Asked>(call, &program.asked(call, plan.entry, &plan.chain).unwrap())
    }
}

/// Ciphertexts at these levels.
fn encrypted<R: Record>(holder: &SealKeyHolder, levels: &R::Of<Level>) -> R::Of<Seeded<Ciphertext>> {
    let slots = R::try_map(levels, |_| Ok::<_, Error>(vec![0.25, -0.5])).unwrap();
    encrypt::<R, _>(holder, &slots, levels).unwrap()
}

/// A message with ciphertexts at these levels.
pub fn message<R: Record>(holder: &SealKeyHolder, header: &impl Serialize, levels: &R::Of<Level>) -> Vec<u8> {
    message_to_bytes::<R, _, _>(header, &encrypted::<R>(holder, levels)).unwrap()
}

/// The same message with another header.
fn with_header(message: &[u8], header: &[u8]) -> Vec<u8> {
    let length = u32::from_le_bytes(message[5..9].try_into().unwrap()) as usize;
    [&message[..5], &(header.len() as u32).to_le_bytes(), header, &message[9 + length..]].concat()
}

fn header_of(message: &[u8]) -> Range<usize> {
    9..9 + u32::from_le_bytes(message[5..9].try_into().unwrap()) as usize
}

#[track_caller]
fn message_error<T: Debug>(result: Result<T>) -> MessageError {
    match result {
        Err(Error::Message(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn request_error<T: Debug>(result: Result<T>) -> RequestError {
    match result {
        Err(Error::Request(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn messages_out_of_order_or_beyond_what_was_announced() {
    let mut world = World::new(tasks::split(Samples::Kept).0, 2);
    let (keep, forward) = (world.keep(&()), world.call(&SplitCall::Forward(vec![1, 0])));
    let backward = world.call(&SplitCall::Backward(2));
    assert_eq!(request_error(world.host.call(&forward)), RequestError::UnknownBatch { expected: 0, actual: 1 });
    assert!(matches!(request_error(world.host.call(&backward)), RequestError::NothingKept { .. }));
    world.host.keep(&keep).unwrap();
    world.host.keep(&keep).unwrap();
    let error = world.host.keep(&keep).unwrap_err();
    assert!(matches!(error, Error::Session(SessionError::TooManyParts { most: 2 })), "{error}");
    world.host.call(&forward).unwrap();
    let answer = world.host.call(&backward).unwrap();
    assert_eq!(answer.len(), world.host.call(&backward).unwrap().len());
    // Errors of another number of blocks than went forward.
    let one = world.call(&SplitCall::Backward(1));
    assert!(matches!(world.host.call(&one), Err(Error::Packing(_) | Error::Argument(_))));
    world.host.forget().unwrap();
    assert!(matches!(request_error(world.host.call(&forward)), RequestError::UnknownBatch { expected: 0, .. }));
    world.host.keep(&keep).unwrap();
}

#[test]
fn messages_of_other_lengths_headers_and_programs() {
    let mut world = World::new(tasks::split(Samples::Kept).0, 2);
    let (keep, call) = (world.keep(&()), world.call(&SplitCall::Infer(1)));
    assert!(keep.len() <= world.host.largest_keep() && call.len() <= world.host.largest_call());
    for cut in (0..60).chain([call.len() / 2, call.len() - 1]) {
        message_error(world.host.call(&call[..cut]));
        message_error(world.host.keep(&keep[..cut.min(keep.len() - 1)]));
    }
    for longer in [&[0][..], &[7; 5000]] {
        let error = message_error(world.host.call(&[&call[..], longer].concat()));
        assert_eq!(error, MessageError::Length { expected: call.len(), actual: call.len() + longer.len() });
    }
    // A part is no request, and a request no part.
    message_error(world.host.call(&keep));
    message_error(world.host.keep(&call));
    for header in [
        &b"{\"infer\":2}"[..],
        b"{\"forward\":[]}",
        b"{\"forward\":[0,0,0]}",
        b"{\"infer\":0}",
        b"{\"infer\":18446744073709551615}",
        b"{\"backward\":9}",
        b"{\"infer\":-1}",
        b"{\"infer\":1.5}",
        b"{\"infer\":1,\"infer\":1}",
        b"{\"first\":[0]}",
        b"null",
        b"0",
        b"",
        b"\xFF",
        &[b'['; 4000],
        &[b' '; 5000],
    ] {
        let error = world.host.call(&with_header(&call, header)).unwrap_err();
        let typed = matches!(error, Error::Message(_) | Error::Request(RequestError::WrongBlocks { .. }));
        assert!(typed, "{}: {error}", header.escape_ascii());
    }
    // Flipped bits before the ciphertexts either mean something else that is sound, or are refused.
    for at in 0..header_of(&call).end {
        for mask in [0x01, 0x20, 0x80] {
            let mut flipped = call.clone();
            flipped[at] ^= mask;
            if let Err(error) = world.host.call(&flipped) {
                assert!(matches!(error, Error::Message(_) | Error::Request(_)), "byte {at}: {error}");
            }
        }
    }
    assert!(world.host.call(&call).is_ok());
}

/// What is wrong with a ciphertext that can be read.
#[test]
fn ciphertexts_at_other_levels_and_scales() {
    let mut world = World::new(tasks::split(Samples::Kept).0, 2);
    let entry = world.deployment.plan.entry;
    let below = Level(entry.0 - 1);
    let call = SplitCall::Infer(1);
    let sound = world.call(&call);
    let levels = |weights: &[Level], samples| SplitRequest { weights: weights.to_vec(), samples, errors: vec![] };
    // All of them lower, or one too many.
    for levels in [levels(&[below], vec![below]), levels(&[entry, entry], vec![entry]), levels(&[entry], vec![])] {
        message_error(world.host.call(&world.message::<SplitRequest<()>>(&call, &levels)));
    }
    // The scale of the first ciphertext: doubled, none, and any bit of it.
    let at = header_of(&sound).end + 14;
    let scale = f64::from_le_bytes(sound[at..at + 8].try_into().unwrap());
    for wrong in [2.0 * scale, scale * (1.0 + 1e-12), 1.0] {
        let mut message = sound.clone();
        message[at..at + 8].copy_from_slice(&wrong.to_le_bytes());
        let error = world.host.call(&message).unwrap_err();
        assert!(matches!(error, Error::Circuit(CircuitError::ScaleMismatch { .. })), "{wrong}: {error}");
    }
    for wrong in [0.0, -scale, f64::NAN, f64::INFINITY, 1e300] {
        let mut message = sound.clone();
        message[at..at + 8].copy_from_slice(&wrong.to_le_bytes());
        assert!(matches!(world.host.call(&message), Err(Error::Seal(_))), "{wrong}");
    }
    // Magic, kind and parameters of the ciphertext, and the kind of the generator at its end.
    for at in (at - 14..at).chain([sound.len() - 65]) {
        let mut message = sound.clone();
        message[at] ^= 0xFF;
        assert!(matches!(world.host.call(&message), Err(Error::Seal(_))), "byte {at}");
    }
    assert!(world.host.call(&sound).is_ok());
}

/// Two ciphertexts that together have the planned length.
#[test]
fn ciphertexts_in_the_wrong_place() {
    let mut world = World::new(Iris::new(LayoutKind::Merged, 50).deployment.training, 1);
    let Deployment { program, plan, .. } = &world.deployment;
    let levels = program.kept(&50, plan.entry, &plan.chain).unwrap();
    assert!(levels.inputs[0] != levels.targets[0]);
    let swapped = Batch { inputs: levels.targets.clone(), targets: levels.inputs.clone() };
    let message = world.message::<Batch<()>>(&50usize, &swapped);
    assert_eq!(message.len(), world.keep(&50).len());
    assert!(matches!(world.host.keep(&message), Err(Error::Seal(_))));
    // Numbers of samples that the plan has no room for.
    let sound = world.keep(&50);
    for samples in ["0", "51", "18446744073709551615"] {
        let message = with_header(&sound, samples.as_bytes());
        assert!(matches!(world.host.keep(&message), Err(Error::Setup(_))), "{samples}");
    }
    world.host.keep(&sound).unwrap();
    let step = world.call(&Steps { batch: 0, shares: vec![1.0] });
    for header in [
        &b"{\"batch\":1,\"shares\":[1.0]}"[..],
        b"{\"batch\":18446744073709551615,\"shares\":[1.0]}",
        b"{\"batch\":0,\"shares\":[]}",
        b"{\"batch\":0,\"shares\":[1e-300]}",
        b"{\"batch\":0,\"shares\":[5e-324]}",
        b"{\"batch\":0,\"shares\":[0]}",
        b"{\"batch\":0,\"shares\":[1.0000001]}",
        b"{\"batch\":0,\"shares\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}",
    ] {
        let refused = world.host.call(&with_header(&step, header));
        let typed = matches!(refused, Err(Error::Request(_) | Error::Circuit(_) | Error::Seal(_)));
        assert!(typed, "{}: {:?}", header.escape_ascii(), refused.map(|answer| answer.len()));
    }
    world.host.call(&step).unwrap();
}

#[test]
fn groups_of_a_head_training_that_are_none() {
    let mut world: World<EncryptedTraining> = World::new(tasks::head_training(), 1);
    let program = world.deployment.program.clone();
    let most = program.spec().batch.div_ceil(program.samples_a_ciphertext());
    let entry = world.deployment.plan.entry;
    let samples = |count| TrainingSamples { inputs: vec![entry; count], labels: vec![entry; count] };
    for groups in [0, most + 1] {
        let message = world.message::<TrainingSamples<()>>(&groups, &samples(groups));
        assert!(matches!(world.host.keep(&message), Err(Error::Setup(_))), "{groups}");
    }
    let message = world.message::<TrainingSamples<()>>(&most, &samples(most));
    assert!(message.len() <= world.host.largest_keep());
    world.host.keep(&message).unwrap();
    let step = world.call(&1);
    assert!(matches!(request_error(world.host.call(&step)), RequestError::UnknownBatch { expected: 1, actual: 1 }));
    let fewer = HeadState { weights: vec![entry], velocity: vec![] };
    message_error(world.host.call(&world.message::<HeadState<()>>(&0usize, &fewer)));
}

/// A server that answers otherwise than planned.
struct Forging<F>(Vec<Box<dyn Host>>, F);

impl<F: FnMut(Vec<u8>) -> Vec<u8> + Send> Channel for Forging<F> {
    fn keep(&mut self, program: usize, message: Vec<u8>) -> Result<()> {
        self.0.keep(program, message)
    }

    fn forget(&mut self, program: usize) -> Result<()> {
        self.0.forget(program)
    }

    fn call(&mut self, program: usize, begins: bool, message: Vec<u8>) -> Result<Vec<u8>> {
        Ok((self.1)(self.0.call(program, begins, message)?))
    }
}

#[test]
fn answers_that_were_not_planned() {
    let (deployment, _) = tasks::split(Samples::Kept);
    let world = World::new(deployment.clone(), 1);
    let call = SplitCall::Infer(1);
    let asked = encrypted::<SplitRequest<()>>(
        &world.holder,
        &deployment.program.asked(&call, deployment.plan.entry, &deployment.plan.chain).unwrap(),
    );
    let forge = Arc::new(Mutex::new(None::<fn(Vec<u8>) -> Vec<u8>>));
    let forging = forge.clone();
    let channel = Forging(vec![world.host], move |answer| match *forging.lock().unwrap() {
        Some(forge) => forge(answer),
        None => answer,
    });
    let mut peer: RemotePeer<SplitTraining, _> =
        RemotePeer::new(&Arc::new(Mutex::new(channel)), 0, &deployment).unwrap();
    let mut answer_to = |forged: fn(Vec<u8>) -> Vec<u8>| {
        *forge.lock().unwrap() = Some(forged);
        peer.call(&call, &asked)
    };
    answer_to(|answer| answer).unwrap();
    for forged in [
        (|_| Vec::new()) as fn(Vec<u8>) -> Vec<u8>,
        |answer| answer[..answer.len() - 1].to_vec(),
        |answer| [&answer[..], &[0]].concat(),
        |answer| [&answer[..], &answer[header_of(&answer).end..]].concat(),
        |answer| with_header(&answer, b"[]"),
    ] {
        message_error(answer_to(forged));
    }
    let other_scale = answer_to(|mut answer: Vec<u8>| {
        let at = header_of(&answer).end + 14;
        let scale = f64::from_le_bytes(answer[at..at + 8].try_into().unwrap());
        answer[at..at + 8].copy_from_slice(&(scale * 1.0001).to_le_bytes());
        answer
    });
    assert!(matches!(other_scale, Err(Error::Circuit(CircuitError::ScaleMismatch { .. }))));
    assert!(matches!(
        answer_to(|mut answer: Vec<u8>| {
            let at = header_of(&answer).end + 22;
            answer[at..].fill(0);
            answer
        }),
        Err(Error::Seal(_))
    ));
    answer_to(|answer| answer).unwrap();
}
