//! What the operations of the table work on, and the misuses: each replaces a part of it.

use seal_nn::seal::integer::*;
use seal_nn::{Level, Rotation};

use crate::kit::integer::Kit;

pub struct Operands<S: IntegerScheme> {
    pub x: Ciphertext<S>,
    pub y: Ciphertext<S>,
    pub plain: Plaintext<S>,
    pub ntt_x: NttCiphertext<S>,
    pub ntt_y: NttCiphertext<S>,
    pub ntt_plain: NttPlaintext<S>,
    pub relin: RelinKeys<S>,
    pub galois: GaloisKeys<S>,
    pub columns: GaloisKeys<S>,
    pub secret: SecretKey<S>,
    pub public: PublicKey<S>,
    pub seeded: Seeded<Ciphertext<S>>,
    pub level: Level,
    pub values: Vec<u64>,
    /// A polynomial in hexadecimal.
    pub text: &'static str,
    pub element: u32,
    /// Lists of operands have no members, and the exponent is 0.
    pub nothing: bool,
}

impl<S: IntegerScheme> Operands<S> {
    pub fn new(kit: &Kit<S>) -> Operands<S> {
        let mut keys = kit.keys();
        let (x, y, plain) = (kit.encrypt(&kit.random(1)), kit.encrypt(&kit.random(2)), kit.plain(&kit.random(3)));
        Operands {
            ntt_x: kit.evaluator.transform_to_ntt(&x).unwrap(),
            ntt_y: kit.evaluator.transform_to_ntt(&y).unwrap(),
            ntt_plain: kit.evaluator.transform_plain_to_ntt(&plain, kit.top()).unwrap(),
            relin: keys.create_relin_keys().unwrap(),
            galois: keys.create_galois_keys(&[Rotation(1)]).unwrap(),
            columns: keys.create_column_key().unwrap(),
            secret: keys.secret_key().unwrap(),
            public: keys.create_public_key().unwrap(),
            seeded: kit.encryptor.encrypt_seeded(&plain).unwrap(),
            level: Level(1),
            values: kit.random(4),
            text: "1Fx^3 + 2",
            element: 3,
            nothing: false,
            x,
            y,
            plain,
        }
    }

    /// A list of operands.
    pub fn list<'a, T>(&self, members: &'a [T]) -> &'a [T] {
        if self.nothing { &[] } else { members }
    }

    /// The values as signed numbers.
    pub fn signed(&self) -> Vec<i64> {
        self.values.iter().map(|&value| (value / 2) as i64).collect()
    }
}

/// The misuses, in the order of the table's columns.
pub fn misuses<S: IntegerScheme>(kit: &Kit<S>, other: &Kit<S>) -> Vec<(&'static str, Operands<S>)> {
    let (ours, theirs) = (|| Operands::new(kit), || Operands::new(other));
    let e = &kit.evaluator;
    let ntt = |x: &Ciphertext<S>| e.transform_to_ntt(x).unwrap();
    let ntt_plain = |plain: &Plaintext<S>, level| e.transform_plain_to_ntt(plain, level).unwrap();
    let low = e.mod_switch_to(&ours().y, Level(1)).unwrap();
    let (x, square) = (ours().x, e.square(&ours().x).unwrap());
    let minus = e.negate(&x).unwrap();
    vec![
        ("x of other parameters", Operands { x: theirs().x, ..ours() }),
        ("y of other parameters", Operands { y: theirs().y, ntt_y: theirs().ntt_y, ..ours() }),
        ("plaintext of other parameters", Operands { plain: theirs().plain, ..ours() }),
        ("transformed x of other parameters", Operands { ntt_x: theirs().ntt_x, ..ours() }),
        ("transformed plaintext of other parameters", Operands { ntt_plain: theirs().ntt_plain, ..ours() }),
        (
            "keys of other parameters",
            Operands {
                relin: theirs().relin,
                galois: theirs().galois,
                columns: theirs().columns,
                secret: theirs().secret,
                public: theirs().public,
                seeded: theirs().seeded,
                ..ours()
            },
        ),
        ("y at another level", Operands { ntt_y: ntt(&low), y: low, ..ours() }),
        (
            "transformed plaintext at another level",
            Operands { ntt_plain: ntt_plain(&ours().plain, Level(1)), ..ours() },
        ),
        ("x in three components", Operands { x: square.clone(), ..ours() }),
        ("y in three components", Operands { y: square, ..ours() }),
        ("y = -x", Operands { ntt_x: ntt(&x), ntt_y: ntt(&minus), x: x.clone(), y: minus, ..ours() }),
        ("y = x", Operands { y: x.clone(), x, ..ours() }),
        (
            "a plaintext of zeros",
            Operands { plain: kit.plain(&[]), ntt_plain: ntt_plain(&kit.plain(&[]), kit.top()), ..ours() },
        ),
        (
            "other keys than needed",
            Operands {
                galois: kit.keys().create_galois_keys(&[Rotation(2)]).unwrap(),
                columns: kit.keys().create_galois_keys(&[Rotation(2)]).unwrap(),
                ..ours()
            },
        ),
        ("a level above the chain", Operands { level: Level(3), ..ours() }),
        ("no operands", Operands { nothing: true, ..ours() }),
        ("too many values", Operands { values: vec![1; 1025], text: "1x^1024", ..ours() }),
        ("values that are too large", Operands { values: vec![u64::MAX], text: "FFFFFF", ..ours() }),
        ("no Galois element", Operands { element: 2, ..ours() }),
    ]
}
