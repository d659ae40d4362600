//! Every program over bytes gives the answers of a server in this process, bit for bit.

use seal_nn::{
    nn::{layout::LayoutKind, split::Samples},
    protocol::{
        CalibrationSession, Classify, Deployment, HeadSession, HeadTrainingSession, Infer, InferenceSession,
        LossProgram, SplitInferenceSession, SplitTrainingSession, TrainingSession, wire::Announcement,
    },
};

use super::{Shared, tasks, with_both};
use crate::kit::iris::Iris;

#[test]
fn split_trainings() {
    for samples in [Samples::Kept, Samples::Sent] {
        let (deployment, task) = tasks::split(samples);
        let x = task.samples.clone();
        let (session, shared) = with_both(&deployment, tasks::GROUPS);
        let mut session = SplitTrainingSession::new(session, task).unwrap();
        (0..2).for_each(|_| drop(session.step().unwrap()));
        session.infer(x.view()).unwrap();
        assert_eq!(shared.answers(), 2 * 2 + 3, "forward and backward, and 130 samples in blocks of 64");
        // What the wire adds to ciphertexts is little.
        let (plan, traffic) = (&deployment.plan, session.traffic());
        assert!(traffic.client_to_server > 2 * plan.bytes_up() && traffic.server_to_client > 2 * plan.bytes_down());
    }
}

#[test]
fn trainings_layer_by_layer() {
    for samples in [Samples::Kept, Samples::Sent] {
        let (deployment, task) = tasks::layerwise(samples);
        let groups = task.targets.len().div_ceil(deployment.program.block());
        let (session, shared) = with_both(&deployment, groups);
        let mut session = SplitTrainingSession::new(session, task).unwrap();
        (0..2).for_each(|_| drop(session.step().unwrap()));
        assert_eq!(shared.answers(), 2 * 4);
    }
}

/// Two programs with one set of keys, and a last batch of fewer samples.
#[test]
fn trainings_with_their_inference() {
    let iris = Iris::new(LayoutKind::Merged, 50);
    let (training, inference) = (&iris.deployment.training, &iris.deployment.inference);
    let announced = vec![Announcement::of(training, 3).unwrap(), Announcement::of(inference, 0).unwrap()];
    let shared = Shared::new(training, announced);
    let (trainer, inferrer) = (shared.peer(0, training), shared.peer(1, inference));
    let mut session =
        TrainingSession::new(&iris.deployment, shared.holder.clone(), trainer, inferrer, iris.weights.clone()).unwrap();
    for (x, t) in iris.batches(50) {
        session.add_batch(x.view(), t.view()).unwrap();
    }
    (0..3).for_each(|_| drop(session.step().unwrap()));
    session.infer(iris.x.slice(ndarray::s![..7, ..])).unwrap();
    assert_eq!(shared.answers(), 4);
}

#[test]
fn inferences_in_a_layout() {
    let iris = Iris::new(LayoutKind::Diagonal, 50);
    // With keys for itself alone.
    let inference = iris.deployment.inference.clone();
    let deployment = Deployment { keys: inference.plan.keys.clone(), ..inference };
    let (session, shared) = with_both(&deployment, 0);
    let mut session = InferenceSession::of(session, &iris.weights).unwrap();
    for samples in [50, 20] {
        session.outputs(iris.x.slice(ndarray::s![..samples, ..])).unwrap();
    }
    assert_eq!(shared.answers(), 2);
}

#[test]
fn inferences_in_tiles() {
    let (deployment, layers) = tasks::split_inference();
    let (session, shared) = with_both(&deployment, 1);
    let activation = "poly:0,1,0.5".parse().unwrap();
    let mut session = SplitInferenceSession::new(session, &activation, &layers).unwrap();
    session.outputs(tasks::embeddings(10, 20).0.view()).unwrap();
    assert!(shared.answers() > 0);
}

#[test]
fn heads() {
    let (deployment, head) = tasks::head();
    let (session, shared) = with_both(&deployment, 1);
    let mut session = HeadSession::new(session);
    session.send_head(&head).unwrap();
    let (x, _) = tasks::embeddings(10, 24);
    let (found, _) = session.classify(x.view()).unwrap();
    assert_eq!((shared.answers(), found.positions.len()), (1, 10));
    // The temperature, which the description does not have, is in the weights.
    let expected = deployment.program.program().shape().scores(&head, x.view()).unwrap();
    assert!((found.scores - expected).iter().all(|d| d.abs() < 1e-3));
}

#[test]
fn trainings_of_a_head() {
    let deployment = tasks::head_training();
    let (x, labels) = tasks::embeddings(400, 20);
    let (session, shared) = with_both(&deployment, 2);
    let mut session = HeadTrainingSession::new(session, x.view(), &labels).unwrap();
    (0..2).for_each(|_| session.step().unwrap());
    assert_eq!((shared.answers(), session.batches()), (2, 2));
}

#[test]
fn calibrations() {
    let (deployment, logits, labels) = tasks::calibration();
    let (session, shared) = with_both(&deployment, 1);
    let mut session = CalibrationSession::new(session, &logits, &labels).unwrap();
    session.step().unwrap();
    session.probabilities().unwrap();
    assert_eq!(shared.answers(), 2);
}
