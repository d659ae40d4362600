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

/// What does not belong; all else is as it should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Misuse {
    /// `x` of other parameters.
    ForeignX,
    /// `y` of other parameters.
    ForeignY,
    /// Plaintext of other parameters.
    ForeignPlain,
    /// Transformed x of other parameters.
    ForeignNttX,
    /// Transformed plaintext of other parameters.
    ForeignNttPlain,
    /// Keys of other parameters.
    ForeignKeys,
    /// `y` at another level.
    OtherLevel,
    /// Transformed plaintext at another level.
    OtherLevelPlain,
    /// `x` in three components.
    ThreeComponentsX,
    /// `y` in three components.
    ThreeComponentsY,
    /// `y` = -x.
    OppositeY,
    /// `y` = x.
    EqualY,
    /// A plaintext of zeros.
    Zeros,
    /// Other keys than needed.
    OtherKeys,
    /// A level above the chain.
    NoSuchLevel,
    /// No operands.
    NoOperands,
    /// Too many values.
    TooManyValues,
    /// Values that are too large.
    LargeValues,
    /// No Galois element.
    NoGaloisElement,
}

/// Every misuse.
pub fn misuses<S: IntegerScheme>(kit: &Kit<S>, other: &Kit<S>) -> Vec<(Misuse, Operands<S>)> {
    let (ours, theirs) = (|| Operands::new(kit), || Operands::new(other));
    let e = &kit.evaluator;
    let ntt = |x: &Ciphertext<S>| e.transform_to_ntt(x).unwrap();
    let ntt_plain = |plain: &Plaintext<S>, level| e.transform_plain_to_ntt(plain, level).unwrap();
    let low = e.mod_switch_to(&ours().y, Level(1)).unwrap();
    let (x, square) = (ours().x, e.square(&ours().x).unwrap());
    let minus = e.negate(&x).unwrap();
    use Misuse::*;
    vec![
        (ForeignX, Operands { x: theirs().x, ..ours() }),
        (ForeignY, Operands { y: theirs().y, ntt_y: theirs().ntt_y, ..ours() }),
        (ForeignPlain, Operands { plain: theirs().plain, ..ours() }),
        (ForeignNttX, Operands { ntt_x: theirs().ntt_x, ..ours() }),
        (ForeignNttPlain, Operands { ntt_plain: theirs().ntt_plain, ..ours() }),
        (
            ForeignKeys,
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
        (OtherLevel, Operands { ntt_y: ntt(&low), y: low, ..ours() }),
        (OtherLevelPlain, Operands { ntt_plain: ntt_plain(&ours().plain, Level(1)), ..ours() }),
        (ThreeComponentsX, Operands { x: square.clone(), ..ours() }),
        (ThreeComponentsY, Operands { y: square, ..ours() }),
        (OppositeY, Operands { ntt_x: ntt(&x), ntt_y: ntt(&minus), x: x.clone(), y: minus, ..ours() }),
        (EqualY, Operands { y: x.clone(), x, ..ours() }),
        (Zeros, Operands { plain: kit.plain(&[]), ntt_plain: ntt_plain(&kit.plain(&[]), kit.top()), ..ours() }),
        (
            OtherKeys,
            Operands {
                galois: kit.keys().create_galois_keys(&[Rotation(2)]).unwrap(),
                columns: kit.keys().create_galois_keys(&[Rotation(2)]).unwrap(),
                ..ours()
            },
        ),
        (NoSuchLevel, Operands { level: Level(3), ..ours() }),
        (NoOperands, Operands { nothing: true, ..ours() }),
        (TooManyValues, Operands { values: vec![1; 1025], text: "1x^1024", ..ours() }),
        (LargeValues, Operands { values: vec![u64::MAX], text: "FFFFFF", ..ours() }),
        (NoGaloisElement, Operands { element: 2, ..ours() }),
    ]
}
