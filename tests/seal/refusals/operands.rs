//! What the operations of the table work on, and the misuses: each replaces a part of it.

use crate::kit::insecure;
use seal_nn::seal::*;
use seal_nn::{Level, Rotation};

use crate::kit::seal::Kit;

/// What all rows share: everything of one context that only computes.
pub struct Bench {
    pub kit: Kit,
    pub hybrid: HybridEvaluator,
    pub public: Encryptor,
    pub real: RealEncoder,
    pub encryptor: RealSymmetricEncryptor,
    pub real_public: RealEncryptor,
}

impl Bench {
    pub fn new(bits: &[u32]) -> Bench {
        // One special prime of 50 bits: SEAL's key switching takes it, and ours.
        let kit = Kit::new(&insecure(2048, bits).unwrap(), &[]);
        let public = kit.keys().create_public_key().unwrap();
        Bench {
            hybrid: HybridEvaluator::new(&kit.context).unwrap(),
            public: Encryptor::with_public_key(&kit.context, &public).unwrap(),
            real: RealEncoder::new(&kit.context).unwrap(),
            real_public: RealEncryptor::with_public_key(&kit.context, &public).unwrap(),
            encryptor: RealSymmetricEncryptor::new(&kit.context, &kit.secret).unwrap(),
            kit,
        }
    }

    fn switching(&self, levels: &HybridKeyLevels) -> HybridKeys {
        self.kit.keys().create_seeded_hybrid_keys(levels).unwrap().expand(&self.kit.context).unwrap()
    }

    fn with_scale(&self, x: &Ciphertext, scale: f64) -> Ciphertext {
        let mut x = x.clone();
        x.set_scale(scale).unwrap();
        x
    }
}

/// Three levels. Level 0 has 50 bits, the top 130.
pub const CHAIN: [u32; 4] = [50, 40, 40, 50];

pub struct Operands {
    pub x: Ciphertext,
    pub y: Ciphertext,
    /// A product of three components.
    pub product: Ciphertext,
    pub plain: Plaintext,
    /// A second one, where one operation takes several.
    pub ones: Plaintext,
    pub extended: ExtendedPlaintext,
    pub relin: RelinKeys,
    pub galois: GaloisKeys,
    pub conjugation: GaloisKeys,
    pub switching: HybridKeys,
    pub secret: SecretKey,
    pub public: PublicKey,
    pub seeded: Seeded<Ciphertext>,
    pub values: Vec<f64>,
    pub level: Level,
    pub scale: f64,
    /// Lists of operands have no members.
    pub nothing: bool,
}

impl Operands {
    pub fn new(bench: &Bench) -> Operands {
        let kit = &bench.kit;
        let mut keys = kit.keys();
        let (x, plain) = (kit.encrypt(&kit.random(1)), kit.plain(&kit.random(3)));
        Operands {
            y: kit.encrypt(&kit.random(2)),
            product: kit.evaluator.square(&x).unwrap(),
            ones: kit.plain(&vec![1.0; kit.context.slots()]),
            extended: bench.hybrid.extend(&plain).unwrap(),
            relin: keys.create_relin_keys().unwrap(),
            galois: keys.create_galois_keys(&[Rotation(1)]).unwrap(),
            conjugation: keys.create_conjugation_key().unwrap(),
            switching: bench.switching(&HybridKeyLevels {
                conjugation: Some(kit.top()),
                ..HybridKeyLevels::all(kit.context.parameters(), &[Rotation(1)])
            }),
            secret: keys.secret_key().unwrap(),
            public: keys.create_public_key().unwrap(),
            seeded: kit.encryptor.encrypt_seeded(&plain).unwrap(),
            values: kit.random(4),
            level: Level(1),
            scale: kit.scale(),
            nothing: false,
            x,
            plain,
        }
    }

    /// A list of operands.
    pub fn list<'a, T>(&self, members: &'a [T]) -> &'a [T] {
        if self.nothing { &[] } else { members }
    }

    /// The values as complex numbers.
    pub fn complex(&self) -> Vec<[f64; 2]> {
        self.values.iter().map(|&value| [0.0, value]).collect()
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
    /// Extended plaintext of other parameters.
    ForeignExtended,
    /// Keys of other parameters.
    ForeignKeys,
    /// `y` and plaintext at another level.
    OtherLevel,
    /// `y` and plaintext at another scale.
    OtherScale,
    /// `x` in three components.
    ThreeComponentsX,
    /// `y` in three components.
    ThreeComponentsY,
    /// Product in two components.
    TwoComponents,
    /// `y` = -x.
    OppositeY,
    /// `y` = x.
    EqualY,
    /// A plaintext of zeros.
    Zeros,
    /// All at level 0.
    LevelZero,
    /// Scales whose product does not fit.
    LargeScales,
    /// Scales that vanish.
    TinyScales,
    /// A level above the chain.
    NoSuchLevel,
    /// A scale that does not fit.
    LargeScale,
    /// No scale.
    NoScale,
    /// Values that are not finite.
    NotFinite,
    /// Too many values.
    TooManyValues,
    /// Values that are too large.
    LargeValues,
    /// No operands.
    NoOperands,
    /// Other keys than needed.
    OtherKeys,
    /// Keys cut to lower levels.
    CutKeys,
    /// The plaintext of another extended one.
    OtherPlaintext,
}

/// Every misuse.
pub fn misuses(bench: &Bench, other: &Bench) -> Vec<(Misuse, Operands)> {
    let (ours, theirs) = (|| Operands::new(bench), || Operands::new(other));
    let Bench { kit, hybrid, .. } = bench;
    let (e, scale, top) = (&kit.evaluator, kit.scale(), kit.top());
    let plain = |level, scale| kit.encoder.encode(&kit.random(3), level, scale).unwrap();
    let down = |x: &Ciphertext, level| e.drop_to(x, Level(level)).unwrap();
    let large = 2_f64.powi(70);
    let zeros = || kit.plain(&[]);
    let steps = |steps: &[Rotation], level| steps.iter().map(|&step| (step, Level(level))).collect();
    use Misuse::*;
    vec![
        (ForeignX, Operands { x: theirs().x, product: theirs().product, ..ours() }),
        (ForeignY, Operands { y: theirs().y, ..ours() }),
        (ForeignPlain, Operands { plain: theirs().plain, ..ours() }),
        (ForeignExtended, Operands { extended: theirs().extended, ..ours() }),
        (
            ForeignKeys,
            Operands {
                relin: theirs().relin,
                galois: theirs().galois,
                conjugation: theirs().conjugation,
                switching: theirs().switching,
                secret: theirs().secret,
                public: theirs().public,
                seeded: theirs().seeded,
                ..ours()
            },
        ),
        (OtherLevel, Operands { y: down(&ours().y, 1), plain: plain(Level(1), scale), ..ours() }),
        (
            OtherScale,
            Operands {
                y: bench.with_scale(&ours().y, 2.0 * scale),
                plain: plain(top, 2.0 * scale),
                extended: hybrid.extend(&plain(top, 2.0 * scale)).unwrap(),
                ..ours()
            },
        ),
        (ThreeComponentsX, Operands { x: bench.with_scale(&ours().product, scale), ..ours() }),
        (ThreeComponentsY, Operands { y: bench.with_scale(&ours().product, scale), ..ours() }),
        (TwoComponents, Operands { product: kit.encrypt(&[]), ..ours() }),
        (OppositeY, {
            let x = ours().x;
            Operands { y: e.negate(&x).unwrap(), x, ..ours() }
        }),
        (EqualY, {
            let x = ours().x;
            Operands { y: x.clone(), x, ..ours() }
        }),
        (Zeros, Operands { plain: zeros(), extended: hybrid.extend(&zeros()).unwrap(), ..ours() }),
        (
            LevelZero,
            Operands {
                x: down(&ours().x, 0),
                y: down(&ours().y, 0),
                product: down(&bench.with_scale(&ours().product, scale), 0),
                plain: plain(Level(0), scale),
                ones: plain(Level(0), scale),
                level: Level(0),
                ..ours()
            },
        ),
        (
            LargeScales,
            Operands {
                x: bench.with_scale(&ours().x, large),
                y: bench.with_scale(&ours().y, large),
                plain: plain(top, large),
                ones: plain(top, large),
                extended: hybrid.extend(&plain(top, large)).unwrap(),
                ..ours()
            },
        ),
        (
            TinyScales,
            Operands {
                x: bench.with_scale(&ours().x, f64::MIN_POSITIVE),
                y: bench.with_scale(&ours().y, f64::MIN_POSITIVE),
                product: bench.with_scale(&ours().product, f64::MIN_POSITIVE),
                ..ours()
            },
        ),
        (NoSuchLevel, Operands { level: Level(3), ..ours() }),
        (LargeScale, Operands { scale: 2_f64.powi(200), ..ours() }),
        (NoScale, Operands { scale: f64::NAN, ..ours() }),
        (NotFinite, Operands { values: vec![f64::INFINITY], ..ours() }),
        (TooManyValues, Operands { values: vec![0.5; kit.context.slots() + 1], ..ours() }),
        (LargeValues, Operands { values: vec![2_f64.powi(60); kit.context.slots()], ..ours() }),
        (NoOperands, Operands { nothing: true, ..ours() }),
        (
            OtherKeys,
            Operands {
                galois: kit.keys().create_galois_keys(&[Rotation(2)]).unwrap(),
                conjugation: kit.keys().create_galois_keys(&[Rotation(2)]).unwrap(),
                switching: bench
                    .switching(&HybridKeyLevels { rotations: steps(&[Rotation(2)], 2), ..HybridKeyLevels::default() }),
                ..ours()
            },
        ),
        (
            CutKeys,
            Operands {
                switching: bench.switching(&HybridKeyLevels {
                    relin: Some(Level(1)),
                    rotations: steps(&[Rotation(1)], 1),
                    conjugation: Some(Level(1)),
                }),
                ..ours()
            },
        ),
        (OtherPlaintext, Operands { plain: kit.plain(&kit.random(9)), ..ours() }),
    ]
}
