//! Logits beyond the room of their level: refused by a client that knows the model, before anything is encrypted. All rows
//! are the same, so that decryption would see an ordinary number (docs/ckks.md, "What decryption sees").

use ndarray::{Array2, array};
use seal_nn::{
    CircuitError, Error, Result,
    backend::{Circuit, Evaluate},
    nn::{
        Network, Weights,
        head::{Dense, Head, HeadActivation},
        layout::LayoutKind,
    },
    program::{Function, Plan, Vectors, Whole},
    protocol::{ColumnSession, Deployment, HeadSession, Infer, InferenceSession},
    seal::Parameters,
};

use crate::kit::sessions::on_seal_session;

/// The room of an answer in a mean `|slot|`.
fn room(plan: &Plan) -> f64 {
    plan.chain.headroom_bits(plan.exit, plan.chain.scale(plan.exit), 1.0).exp2()
}

/// Two logits, `size` and `-size` for the row `[1, 1]`, of units that are 2 and 0.
fn network(size: f64) -> (Network, Weights) {
    let network: Network = "2-2-2".parse().unwrap();
    let network = network.with_activation("poly:0,1,0.5".parse().unwrap());
    // phi(2) = 2 + 4/2
    let last = array![[size / 4.0, 1.0], [-size / 4.0, 0.0]];
    (network, Weights(vec![array![[1.5, 0.5], [1.0, -1.0]], last]))
}

fn head(size: f64) -> Head {
    let (network, weights) = network(size);
    Head::of_network(&network, &weights).unwrap()
}

/// Shares of the room that the logits of a full block of rows take; their sums are an eighth larger before the bias is added. A wrap brings 4 times the room to 0, and 8.5 times to half of it.
const BEYOND: [f64; 4] = [1.1, 2.5, 4.0, 8.5];

fn check<S: Infer>(room: f64, mut session: impl FnMut(f64) -> S) {
    for share in [0.5, 0.85] {
        let size = share * room;
        let mut session = session(size);
        let rows = Array2::ones((session.batch(), 2));
        let outputs = session.outputs(rows.view()).unwrap();
        let expected = head(size).logits(rows.view()).unwrap();
        let worst = (outputs - expected).iter().fold(0f64, |worst, d| worst.max(d.abs()));
        // Roundings of 1e-7 in units, times weights of up to 256.
        assert!(worst < 1e-3 * size, "{share} of the room: off by {worst}");
    }
    for share in BEYOND {
        let mut session = session(share * room);
        let sent = session.traffic().client_to_server;
        let rows = Array2::ones((session.batch(), 2));
        let refused = session.outputs(rows.view()).unwrap_err();
        assert!(matches!(&refused, Error::Circuit(CircuitError::OutOfRange { .. })), "{share} of the room: {refused}");
        assert_eq!(session.traffic().client_to_server, sent, "rows were sent before they were refused");
    }
}

#[test]
fn columns_by_known_weights() {
    let deployment = |size: f64| Deployment::of_columns(&head(size), &Default::default()).unwrap();
    let room = room(&deployment(1.0).plan);
    check(room, |size| ColumnSession::new(on_seal_session(&deployment(size))));
    // Of few rows there is room for larger logits: a quarter of the rows, twice the room.
    let size = 2.0 * room;
    let mut session = ColumnSession::new(on_seal_session(&deployment(size)));
    let rows = Array2::ones((session.batch() / 4, 2));
    let outputs = session.outputs(rows.view()).unwrap();
    assert!((outputs[[0, 0]] / size - 1.0).abs() < 1e-3, "{outputs}");
}

#[test]
fn heads_with_known_and_with_encrypted_weights() {
    let shape = seal_nn::nn::head::HeadShape::without_soft_argmax(&head(1.0)).unwrap();
    for known in [true, false] {
        let deployment =
            |size: f64| Deployment::of_head(&shape, known.then(|| head(size)).as_ref(), &Default::default()).unwrap();
        check(room(&deployment(1.0).plan), |size| {
            let mut session = HeadSession::new(on_seal_session(&deployment(size)));
            if !known {
                session.send_head(&head(size)).unwrap();
            }
            session
        });
    }
}

#[test]
fn layouts_with_encrypted_weights() {
    for kind in [LayoutKind::Merged, LayoutKind::Axis] {
        let (network, _) = network(1.0);
        let layout = |slots, samples| kind.layout(&network, slots, samples);
        let deployment = Deployment::of_network(&network, 64, &Default::default(), layout).unwrap();
        // Of all slots only some hold a logit.
        let live = {
            let layout = seal_nn::nn::layout::TrainingLayout::outputs(deployment.program.layout(), 64);
            let packed = layout.pack(head(1.0).logits(Array2::ones((64, 2)).view()).unwrap().view()).unwrap();
            let mean = |slots: &Vec<f64>| slots.iter().map(|v| v.abs()).sum::<f64>() / slots.len() as f64;
            packed.iter().map(mean).fold(0f64, f64::max)
        };
        let session = |size| InferenceSession::of(on_seal_session(&deployment), &self::network(size).1).unwrap();
        let room = room(&deployment.plan);
        println!("{kind}: a mean of {live} of a logit of 1, room for {room}");
        for share in [4.0, 8.0, 12.0] {
            let mut session = session(share * room / live);
            let refused = session.outputs(Array2::ones((64, 2)).view()).unwrap_err();
            assert!(matches!(refused, Error::Circuit(CircuitError::OutOfRange { .. })), "{kind}: {refused}");
            assert_eq!(session.traffic().client_to_server, 0, "{kind}");
        }
        let size = 0.4 * room;
        let outputs = session(size).outputs(Array2::ones((64, 2)).view()).unwrap();
        assert!((outputs[[63, 0]] / size - 1.0).abs() < 1e-3, "{kind}: {outputs}");
    }
}

/// A sum over slots, of a vector with no declared bound.
struct Total;

impl Function for Total {
    fn inputs(&self) -> usize {
        1
    }

    fn run<E: Evaluate>(&self, c: &Circuit<E>, inputs: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>> {
        Ok(vec![c.sum_slots(&inputs[0], 1024)?])
    }
}

/// Any program: what bounds cannot show is computed.
#[test]
fn whoever_knows_everything_can_ask_before() {
    let parameters = Parameters::builder().depth(0, 40).hybrid(2).degree(2048).insecure().build().unwrap();
    let deployment = Deployment::on(parameters, |_| Ok(Whole(Total))).unwrap();
    let session = on_seal_session(&deployment);
    let check = |slots: Vec<f64>| session.check_room(&[], 1, |_| Ok(((), Vectors { vectors: vec![slots.clone()] })));
    let room = room(&deployment.plan);
    let refused = check(vec![1.01 * room / 1024.0; 1024]).unwrap_err();
    let Error::Circuit(CircuitError::OutOfRange { what, .. }) = &refused else { panic!("{refused}") };
    assert!(what.contains("sum"), "{what}");
    check(vec![0.99 * room / 1024.0; 1024]).unwrap();
    // A sum of 1024 as large as the largest of these would be beyond the room, but half of them cancel the others.
    let sign = |at: usize| if at.is_multiple_of(2) { 1.0 } else { -1.0 };
    check((0..1024).map(|at| sign(at) * 1.5 * room / 1024.0).collect()).unwrap();
    assert!(check(vec![0.0; 1025]).is_err());
}

/// Units count too.
#[test]
fn a_unit_beyond_the_room_is_found() {
    let first = Dense { weights: array![[4.0e3], [-4.0e3]], bias: array![0.0, 0.0] };
    let last = Dense { weights: array![[1.0, -1.0]], bias: array![0.0] };
    let head = Head::two_layers(first, HeadActivation::quadratic(), last).unwrap();
    let deployment = Deployment::of_columns(&head, &Default::default()).unwrap();
    let mut session = ColumnSession::new(on_seal_session(&deployment));
    let rows = Array2::from_elem((session.batch(), 1), 1.0e4);
    let refused = session.outputs(rows.view()).unwrap_err();
    assert!(matches!(refused, Error::Circuit(CircuitError::OutOfRange { .. })), "{refused}");
}
