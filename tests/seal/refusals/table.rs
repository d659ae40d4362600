//! Every public operation of CKKS and the misuses that it refuses, each with the refusal; it takes the others.

use seal_nn::SealError;
use seal_nn::seal::*;
use seal_nn::{Level, Rotation};

use super::operands::{
    Bench,
    Misuse::{self, *},
    Operands,
};
use crate::refusals_kit::Row;

/// An in-place operation on a copy. If it refuses, the copy is as it was, to the last byte.
fn kept(x: &Ciphertext, operation: impl FnOnce(&mut Ciphertext) -> Result<(), SealError>) -> Result<(), SealError> {
    let mut copy = x.clone();
    operation(&mut copy).inspect_err(|_| assert!(copy.to_bytes().unwrap() == x.to_bytes().unwrap()))
}

/// A ciphertext at the scale of a product, to be rescaled. At level 0 it has no room for that, and no level.
fn as_product(x: &Ciphertext) -> Ciphertext {
    let mut product = x.clone();
    let _ = product.set_scale(2_f64.powi(40) * x.scale());
    product
}

/// All switching keys up to a level.
fn up_to(level: Level) -> HybridKeyLevels {
    HybridKeyLevels { relin: Some(level), rotations: [(Rotation(1), level)].into(), conjugation: Some(level) }
}

fn transform(k: &Bench, o: &Operands, rescale: bool) -> Result<Ciphertext, SealError> {
    let ones = k.hybrid.extend(&o.ones)?;
    let terms = [(Rotation(0), &o.ones, &ones), (Rotation(1), &o.plain, &o.extended)];
    let terms =
        terms.map(|(baby, plaintext, extended)| TransformTerm { giant: Rotation(0), baby, plaintext, extended });
    match rescale {
        true => k.hybrid.transform_rescale(&o.x, o.list(&terms), &o.switching),
        false => k.hybrid.transform(&o.x, o.list(&terms), &o.switching),
    }
}

/// A product and a multiple, at the scale of the square of `x`.
fn combine(k: &Bench, o: &Operands) -> Result<Ciphertext, SealError> {
    let (products, multiples) = ([(&o.x, &o.y)], [(&o.x, 0.5)]);
    let terms = Combination { products: o.list(&products), multiples: o.list(&multiples), constant: 1.0 };
    let level = o.x.level();
    let scale = o.x.scale() * o.x.scale() / k.kit.context.parameters().data_primes()[level.0] as f64;
    k.hybrid.combine_rescale(&terms, level, scale, &o.switching)
}

/// The first of the values.
fn encode_periodic(k: &Bench, o: &Operands) -> Result<PeriodicPlaintext, SealError> {
    let values: Vec<[f64; 2]> = o.values.iter().take(8).map(|&value| [value, 0.5]).collect();
    k.hybrid.encode_periodic(&values, o.level, o.scale)
}

/// With periodic plaintexts of the levels and scales of the others.
fn transform_periodic(k: &Bench, o: &Operands, ending: &str) -> Result<Ciphertext, SealError> {
    let like = |plain: &Plaintext| k.hybrid.encode_periodic(&[[1.0, 0.5]; 4], plain.level(), plain.scale());
    let plaintexts = [like(&o.ones)?, like(&o.plain)?];
    let term = |at: usize| PeriodicTerm { giant: 0, baby: Rotation(at as i32), plaintext: &plaintexts[at] };
    let (terms, steps, keys) = ([term(0), term(1)], GiantSteps::default(), &o.switching);
    match ending {
        "real" => k.hybrid.transform_periodic_real(&o.x, o.list(&terms), steps, keys),
        "real, rescaled" => k.hybrid.transform_periodic_real_rescale(&o.x, o.list(&terms), steps, keys),
        "rescaled" => k.hybrid.transform_periodic_rescale(&o.x, o.list(&terms), steps, keys),
        _ => k.hybrid.transform_periodic(&o.x, o.list(&terms), steps, keys),
    }
}

#[rustfmt::skip]
pub fn table() -> Vec<Row<Bench, Operands, Misuse>> {
    vec![
        row!("Evaluator::new", k, _o, Evaluator::new(&k.kit.context)),
        row!("Evaluator::add", k, o, k.kit.evaluator.add(&o.x, &o.y),
            ForeignContext: ForeignX ForeignY, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Transparent: OppositeY),
        row!("Evaluator::add_inplace", k, o, kept(&o.x, |x| k.kit.evaluator.add_inplace(x, &o.y)),
            ForeignContext: ForeignX ForeignY, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Transparent: OppositeY),
        row!("Evaluator::sub", k, o, k.kit.evaluator.sub(&o.x, &o.y),
            ForeignContext: ForeignX ForeignY, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Transparent: EqualY),
        row!("Evaluator::sub_inplace", k, o, kept(&o.x, |x| k.kit.evaluator.sub_inplace(x, &o.y)),
            ForeignContext: ForeignX ForeignY, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Transparent: EqualY),
        row!("Evaluator::negate", k, o, k.kit.evaluator.negate(&o.x),
            ForeignContext: ForeignX),
        row!("Evaluator::negate_inplace", k, o, kept(&o.x, |x| k.kit.evaluator.negate_inplace(x)),
            ForeignContext: ForeignX),
        row!("Evaluator::add_many", k, o, k.kit.evaluator.add_many(o.list(&[&o.x, &o.y])),
            ForeignContext: ForeignX ForeignY, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Transparent: OppositeY, EmptySum: NoOperands),
        row!("Evaluator::add_plain", k, o, k.kit.evaluator.add_plain(&o.x, &o.plain),
            ForeignContext: ForeignX ForeignPlain, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale TinyScales),
        row!("Evaluator::add_plain_inplace", k, o, kept(&o.x, |x| k.kit.evaluator.add_plain_inplace(x, &o.plain)),
            ForeignContext: ForeignX ForeignPlain, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale TinyScales),
        row!("Evaluator::sub_plain", k, o, k.kit.evaluator.sub_plain(&o.x, &o.plain),
            ForeignContext: ForeignX ForeignPlain, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale TinyScales),
        row!("Evaluator::sub_plain_inplace", k, o, kept(&o.x, |x| k.kit.evaluator.sub_plain_inplace(x, &o.plain)),
            ForeignContext: ForeignX ForeignPlain, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale TinyScales),
        row!("Evaluator::multiply", k, o, k.kit.evaluator.multiply(&o.x, &o.y),
            ForeignContext: ForeignX ForeignY, LevelMismatch: OtherLevel, Components: ThreeComponentsX ThreeComponentsY,
            ScaleTooLarge: LevelZero LargeScales, InvalidScale: TinyScales),
        row!("Evaluator::multiply, the other way", k, o, k.kit.evaluator.multiply(&o.y, &o.x),
            ForeignContext: ForeignX ForeignY, LevelMismatch: OtherLevel, Components: ThreeComponentsX ThreeComponentsY,
            ScaleTooLarge: LevelZero LargeScales, InvalidScale: TinyScales),
        row!("Evaluator::square", k, o, k.kit.evaluator.square(&o.x),
            ForeignContext: ForeignX, Components: ThreeComponentsX, ScaleTooLarge: LevelZero LargeScales,
            InvalidScale: TinyScales),
        row!("Evaluator::multiply_sum", k, o, k.kit.evaluator.multiply_sum(o.list(&[(&o.x, &o.x), (&o.x, &o.y)])),
            ForeignContext: ForeignX ForeignY, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Components: ThreeComponentsX ThreeComponentsY, Transparent: OppositeY, ScaleTooLarge: LevelZero LargeScales,
            InvalidScale: TinyScales, EmptySum: NoOperands),
        row!("Evaluator::multiply_plain", k, o, k.kit.evaluator.multiply_plain(&o.x, &o.plain),
            ForeignContext: ForeignX ForeignPlain, LevelMismatch: OtherLevel, Transparent: Zeros,
            ScaleTooLarge: LevelZero LargeScales),
        row!("Evaluator::multiply_plain_inplace", k, o,
            kept(&o.x, |x| k.kit.evaluator.multiply_plain_inplace(x, &o.plain)),
            ForeignContext: ForeignX ForeignPlain, LevelMismatch: OtherLevel, Transparent: Zeros,
            ScaleTooLarge: LevelZero LargeScales),
        row!("Evaluator::relinearize_inplace", k, o,
            kept(&o.product, |x| k.kit.evaluator.relinearize_inplace(x, &o.relin)),
            ForeignContext: ForeignX ForeignKeys),
        row!("Evaluator::rescale_inplace", k, o, kept(&as_product(&o.x), |x| k.kit.evaluator.rescale_inplace(x)),
            ForeignContext: ForeignX, OutOfLevels: LevelZero, ScaleTooSmall: TinyScales),
        row!("Evaluator::drop_to", k, o, k.kit.evaluator.drop_to(&o.x, o.level),
            ForeignContext: ForeignX, LevelRaise: NoSuchLevel),
        row!("Evaluator::drop_to, far", k, o, k.kit.evaluator.drop_to(&o.x, Level(0)),
            ForeignContext: ForeignX, ScaleTooLarge: LargeScales),
        row!("Evaluator::drop_to_inplace", k, o, kept(&o.x, |x| k.kit.evaluator.drop_to_inplace(x, o.level)),
            ForeignContext: ForeignX, LevelRaise: NoSuchLevel),
        row!("Evaluator::drop_to_inplace, far", k, o, kept(&o.x, |x| k.kit.evaluator.drop_to_inplace(x, Level(0))),
            ForeignContext: ForeignX, ScaleTooLarge: LargeScales),
        row!("Evaluator::drop_plain_to", k, o, k.kit.evaluator.drop_plain_to(&o.plain, o.level),
            ForeignContext: ForeignPlain, LevelRaise: NoSuchLevel),
        row!("Evaluator::drop_plain_to, far", k, o, k.kit.evaluator.drop_plain_to(&o.plain, Level(0)),
            ForeignContext: ForeignPlain, ScaleTooLarge: LargeScales),
        row!("Evaluator::rotate", k, o, k.kit.evaluator.rotate(&o.x, Rotation(1), &o.galois),
            ForeignContext: ForeignX ForeignKeys, Components: ThreeComponentsX, MissingGaloisKey: OtherKeys),
        row!("Evaluator::rotate, by nothing", k, o, k.kit.evaluator.rotate(&o.x, Rotation(1024), &o.galois),
            ForeignContext: ForeignX ForeignKeys, Components: ThreeComponentsX),
        row!("Evaluator::rotate_many", k, o, k.kit.evaluator.rotate_many(&o.x, &[Rotation(0), Rotation(1)], &o.galois),
            ForeignContext: ForeignX ForeignKeys, Components: ThreeComponentsX, MissingGaloisKey: OtherKeys),
        row!("Evaluator::conjugate", k, o, k.kit.evaluator.conjugate(&o.x, &o.conjugation),
            ForeignContext: ForeignX ForeignKeys, Components: ThreeComponentsX, MissingConjugationKey: OtherKeys),
        row!("Evaluator::linear_transform", k, o,
            k.kit.evaluator.linear_transform(&o.x, o.list(&[(Rotation(0), &o.ones), (Rotation(1), &o.plain)]),
                &o.galois),
            ForeignContext: ForeignX ForeignPlain ForeignKeys, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Components: ThreeComponentsX, Transparent: Zeros, ScaleTooLarge: LevelZero LargeScales,
            EmptySum: NoOperands, MissingGaloisKey: OtherKeys),

        row!("HybridEvaluator::new", k, _o, HybridEvaluator::new(&k.kit.context)),
        row!("HybridEvaluator::code_path", k, _o, k.hybrid.code_path()),
        row!("HybridEvaluator::expand", k, o, k.hybrid.expand(&o.seeded),
            ForeignContext: ForeignKeys),
        row!("HybridEvaluator::rotate", k, o, k.hybrid.rotate(&o.x, Rotation(1), &o.switching),
            ForeignContext: ForeignX ForeignKeys, Components: ThreeComponentsX, MissingGaloisKey: OtherKeys,
            KeyLevel: CutKeys),
        row!("HybridEvaluator::conjugate", k, o, k.hybrid.conjugate(&o.x, &o.switching),
            ForeignContext: ForeignX ForeignKeys, Components: ThreeComponentsX, MissingConjugationKey: OtherKeys,
            KeyLevel: CutKeys),
        row!("HybridEvaluator::hoist", k, o, k.hybrid.hoist(&o.x),
            ForeignContext: ForeignX, Components: ThreeComponentsX),
        row!("HybridEvaluator::rotate_hoisted", k, o,
            k.hybrid.rotate_hoisted(&k.hybrid.hoist(&o.x)?, Rotation(1), &o.switching),
            ForeignContext: ForeignX ForeignKeys, Components: ThreeComponentsX, MissingGaloisKey: OtherKeys,
            KeyLevel: CutKeys),
        row!("HybridEvaluator::add_rotations", k, o,
            k.hybrid.add_rotations(&o.x, &[Rotation(1), Rotation(1)], &o.switching),
            ForeignContext: ForeignX ForeignKeys, Components: ThreeComponentsX, MissingGaloisKey: OtherKeys,
            KeyLevel: CutKeys),
        row!("HybridEvaluator::sum_rotations", k, o,
            k.hybrid.sum_rotations(o.list(&[(&o.x, Rotation(1)), (&o.y, Rotation(1))]), &o.switching),
            ForeignContext: ForeignX ForeignY ForeignKeys, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Components: ThreeComponentsX ThreeComponentsY, Transparent: OppositeY, EmptySum: NoOperands,
            MissingGaloisKey: OtherKeys, KeyLevel: CutKeys),
        row!("HybridEvaluator::extend", k, o, k.hybrid.extend(&o.plain),
            ForeignContext: ForeignPlain),
        row!("HybridEvaluator::transform", k, o, transform(k, o, false),
            ForeignContext: ForeignX ForeignPlain ForeignExtended ForeignKeys, LevelMismatch: OtherLevel,
            ScaleMismatch: OtherScale, Components: ThreeComponentsX, Transparent: Zeros,
            ScaleTooLarge: LevelZero LargeScales, EmptySum: NoOperands, MissingGaloisKey: OtherKeys, KeyLevel: CutKeys,
            OtherPlaintext: OtherPlaintext),
        row!("HybridEvaluator::transform_rescale", k, o, transform(k, o, true),
            ForeignContext: ForeignX ForeignPlain ForeignExtended ForeignKeys, LevelMismatch: OtherLevel,
            ScaleMismatch: OtherScale, Components: ThreeComponentsX, Transparent: Zeros,
            ScaleTooLarge: LevelZero LargeScales, ScaleTooSmall: TinyScales, EmptySum: NoOperands, MissingGaloisKey: OtherKeys, KeyLevel: CutKeys,
            OtherPlaintext: OtherPlaintext),
        row!("HybridEvaluator::encode_periodic", k, o, encode_periodic(k, o),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale, NotFinite: NotFinite,
            ValuesTooLarge: LargeValues),
        row!("HybridEvaluator::transform_periodic", k, o, transform_periodic(k, o, ""),
            ForeignContext: ForeignX ForeignKeys, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale ForeignPlain,
            Components: ThreeComponentsX, ScaleTooLarge: LevelZero, ValuesTooLarge: LargeScales, EmptySum: NoOperands,
            MissingGaloisKey: OtherKeys, KeyLevel: CutKeys),
        row!("HybridEvaluator::transform_periodic_real", k, o, transform_periodic(k, o, "real"),
            ForeignContext: ForeignX ForeignKeys, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale ForeignPlain,
            Components: ThreeComponentsX, ScaleTooLarge: LevelZero, ValuesTooLarge: LargeScales, EmptySum: NoOperands,
            MissingGaloisKey: OtherKeys, KeyLevel: CutKeys),
        row!("HybridEvaluator::transform_periodic_rescale", k, o, transform_periodic(k, o, "rescaled"),
            ForeignContext: ForeignX ForeignKeys, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale ForeignPlain,
            Components: ThreeComponentsX, ScaleTooLarge: LevelZero, ValuesTooLarge: LargeScales,
            ScaleTooSmall: TinyScales, EmptySum: NoOperands, MissingGaloisKey: OtherKeys, KeyLevel: CutKeys),
        row!("HybridEvaluator::transform_periodic_real_rescale", k, o, transform_periodic(k, o, "real, rescaled"),
            ForeignContext: ForeignX ForeignKeys, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale ForeignPlain,
            Components: ThreeComponentsX, ScaleTooLarge: LevelZero, ValuesTooLarge: LargeScales,
            ScaleTooSmall: TinyScales, EmptySum: NoOperands, MissingGaloisKey: OtherKeys, KeyLevel: CutKeys),
        row!("HybridEvaluator::combine_rescale", k, o, combine(k, o),
            ForeignContext: ForeignX ForeignY ForeignKeys, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Components: ThreeComponentsX ThreeComponentsY, OutOfLevels: LevelZero, ScaleTooLarge: LargeScales,
            InvalidScale: TinyScales, EmptySum: NoOperands, MissingRelinKey: OtherKeys, KeyLevel: CutKeys),
        row!("HybridEvaluator::multiply_sum_rescale", k, o,
            k.hybrid.multiply_sum_rescale(o.list(&[(&o.x, &o.x), (&o.x, &o.y)]), &o.switching),
            ForeignContext: ForeignX ForeignY ForeignKeys, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Components: ThreeComponentsX ThreeComponentsY, Transparent: OppositeY, ScaleTooLarge: LevelZero LargeScales,
            InvalidScale: TinyScales, EmptySum: NoOperands, MissingRelinKey: OtherKeys, KeyLevel: CutKeys),
        row!("HybridEvaluator::multiply_plain_sum_rescale", k, o,
            k.hybrid.multiply_plain_sum_rescale(o.list(&[(&o.x, &o.ones), (&o.x, &o.plain)])),
            ForeignContext: ForeignX ForeignPlain, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Components: ThreeComponentsX, ScaleTooLarge: LevelZero LargeScales, ScaleTooSmall: TinyScales, EmptySum: NoOperands),
        row!("HybridEvaluator::multiply_plain_sum_rescale, one", k, o,
            k.hybrid.multiply_plain_sum_rescale(o.list(&[(&o.x, &o.plain)])),
            ForeignContext: ForeignX ForeignPlain, LevelMismatch: OtherLevel, Components: ThreeComponentsX,
            Transparent: Zeros, ScaleTooLarge: LevelZero LargeScales, ScaleTooSmall: TinyScales, EmptySum: NoOperands),
        row!("HybridEvaluator::weighted_sums", k, o,
            k.hybrid.weighted_sums(o.list(&[(&o.x, &[1.0, 0.5][..]), (&o.y, &[1.0, 0.5])]), 1024.0),
            ForeignContext: ForeignX ForeignY, LevelMismatch: OtherLevel, ScaleMismatch: OtherScale,
            Components: ThreeComponentsX ThreeComponentsY, Transparent: OppositeY, ScaleTooLarge: LevelZero,
            EmptySum: NoOperands),
        row!("HybridEvaluator::rescale_inplace", k, o, kept(&as_product(&o.x), |x| k.hybrid.rescale_inplace(x)),
            ForeignContext: ForeignX, Components: ThreeComponentsX, OutOfLevels: LevelZero, ScaleTooSmall: TinyScales),
        row!("HybridEvaluator::relinearize_inplace", k, o,
            kept(&o.product, |x| k.hybrid.relinearize_inplace(x, &o.switching)),
            ForeignContext: ForeignX ForeignKeys, MissingRelinKey: OtherKeys, KeyLevel: CutKeys),
        row!("HybridEvaluator::relinearize_rescale_inplace", k, o,
            kept(&o.product, |x| k.hybrid.relinearize_rescale_inplace(x, &o.switching)),
            ForeignContext: ForeignX ForeignKeys, Components: TwoComponents, OutOfLevels: LevelZero,
            ScaleTooSmall: TinyScales, MissingRelinKey: OtherKeys, KeyLevel: CutKeys),
        row!("HybridKeys::from_seal", k, o, HybridKeys::from_seal(&k.kit.context, &o.relin, &o.galois),
            ForeignContext: ForeignKeys),

        row!("Encoder::new", k, _o, Encoder::new(&k.kit.context)),
        row!("Encoder::encode", k, o, k.kit.encoder.encode(&o.values, o.level, o.scale),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale, NotFinite: NotFinite,
            TooManyValues: TooManyValues, ValuesTooLarge: LargeValues),
        row!("Encoder::encode_like", k, o, k.kit.encoder.encode_like(&o.values, &o.x),
            ForeignContext: ForeignX, NotFinite: NotFinite, TooManyValues: TooManyValues, RoundsToZero: TinyScales),
        row!("Encoder::encode_complex", k, o, k.kit.encoder.encode_complex(&o.complex(), o.level, o.scale),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale, NotFinite: NotFinite,
            TooManyValues: TooManyValues, ValuesTooLarge: LargeValues),
        row!("Encoder::encode_constant", k, o, k.kit.encoder.encode_constant(o.values[0], o.level, o.scale),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale, NotFinite: NotFinite,
            ValuesTooLarge: LargeValues),
        row!("Encoder::decode", k, o, k.kit.encoder.decode(&o.plain),
            ForeignContext: ForeignPlain),
        row!("Encoder::decode_complex", k, o, k.kit.encoder.decode_complex(&o.plain),
            ForeignContext: ForeignPlain),
        row!("RealEncoder::new", k, _o, RealEncoder::new(&k.kit.context)),
        row!("RealEncoder::encode", k, o, k.real.encode(&o.values, o.level, o.scale),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale, NotFinite: NotFinite,
            TooManyValues: TooManyValues, ValuesTooLarge: LargeValues),
        row!("RealEncoder::decode", k, o, k.real.decode(&o.plain),
            ForeignContext: ForeignPlain),
        row!("RealEncryptor::with_public_key", k, o, RealEncryptor::with_public_key(&k.kit.context, &o.public),
            ForeignContext: ForeignKeys),
        row!("RealEncryptor::encrypt", k, o, k.real_public.encrypt(&o.values, o.level, o.scale),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale, NotFinite: NotFinite,
            TooManyValues: TooManyValues, ValuesTooLarge: LargeValues),
        row!("RealSymmetricEncryptor::new", k, o, RealSymmetricEncryptor::new(&k.kit.context, &o.secret),
            ForeignContext: ForeignKeys),
        row!("RealSymmetricEncryptor::encrypt", k, o, k.encryptor.encrypt(&o.values, o.level, o.scale),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale, NotFinite: NotFinite,
            TooManyValues: TooManyValues, ValuesTooLarge: LargeValues),

        row!("Encryptor::with_public_key", k, o, Encryptor::with_public_key(&k.kit.context, &o.public),
            ForeignContext: ForeignKeys),
        row!("Encryptor::encrypt", k, o, k.public.encrypt(&o.plain),
            ForeignContext: ForeignPlain),
        row!("Encryptor::encrypt_zero", k, o, k.public.encrypt_zero(o.level, o.scale),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale),
        row!("SymmetricEncryptor::new", k, o, SymmetricEncryptor::new(&k.kit.context, &o.secret),
            ForeignContext: ForeignKeys),
        row!("SymmetricEncryptor::encrypt", k, o, k.kit.encryptor.encrypt(&o.plain),
            ForeignContext: ForeignPlain),
        row!("SymmetricEncryptor::encrypt_zero", k, o, k.kit.encryptor.encrypt_zero(o.level, o.scale),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale),
        row!("SymmetricEncryptor::encrypt_seeded", k, o, k.kit.encryptor.encrypt_seeded(&o.plain),
            ForeignContext: ForeignPlain),
        row!("Seeded::expand", k, o, o.seeded.expand(&k.kit.context),
            ForeignContext: ForeignKeys),
        row!("Decryptor::new", k, o, Decryptor::new(&k.kit.context, &o.secret),
            ForeignContext: ForeignKeys),
        row!("Decryptor::decrypt", k, o, k.kit.decryptor.decrypt(&o.x),
            ForeignContext: ForeignX),
        row!("Decryptor::decrypt_decode", k, o, k.kit.decryptor.decrypt_decode(&o.x),
            ForeignContext: ForeignX),

        row!("KeyGenerator::new", k, _o, KeyGenerator::new(&k.kit.context)),
        row!("KeyGenerator::from_secret_key", k, o, KeyGenerator::from_secret_key(&k.kit.context, &o.secret),
            ForeignContext: ForeignKeys),
        row!("KeyGenerator::secret_key", k, _o, k.kit.keys().secret_key()),
        row!("KeyGenerator::create_public_key", k, _o, k.kit.keys().create_public_key()),
        row!("KeyGenerator::create_seeded_public_key", k, _o, k.kit.keys().create_seeded_public_key()),
        row!("KeyGenerator::create_relin_keys", k, _o, k.kit.keys().create_relin_keys()),
        row!("KeyGenerator::create_seeded_relin_keys", k, _o, k.kit.keys().create_seeded_relin_keys()),
        row!("KeyGenerator::create_galois_keys", k, o, k.kit.keys().create_galois_keys(o.list(&[Rotation(1)]))),
        row!("KeyGenerator::create_seeded_galois_keys", k, o,
            k.kit.keys().create_seeded_galois_keys(o.list(&[Rotation(1)]))),
        row!("KeyGenerator::create_conjugation_key", k, _o, k.kit.keys().create_conjugation_key()),
        row!("KeyGenerator::create_seeded_conjugation_key", k, _o, k.kit.keys().create_seeded_conjugation_key()),
        row!("KeyGenerator::create_seeded_hybrid_keys", k, o, k.kit.keys().create_seeded_hybrid_keys(&up_to(o.level)),
            LevelTooHigh: NoSuchLevel),

        row!("Ciphertext::set_scale", _k, o, kept(&o.x, |x| x.set_scale(o.scale)),
            ScaleTooLarge: LargeScale, InvalidScale: NoScale),
        row!("Ciphertext::from_residues", k, o,
            Ciphertext::from_residues(&k.kit.context, o.level, o.scale, |ones| {
                ones.fill(1);
                Ok::<_, SealError>(())
            }),
            LevelTooHigh: NoSuchLevel, ScaleTooLarge: LargeScale, InvalidScale: NoScale),
        row!("Context::adopt", k, o, k.kit.context.adopt(&o.x),
            OtherPrimes: ForeignX),
        row!("Context::adopt_secret_key", k, o, k.kit.context.adopt_secret_key(&o.secret)),
        row!("Context::parms_id", k, o, k.kit.context.parms_id(o.level),
            LevelTooHigh: NoSuchLevel),
        row!("Context::key_parms_id", k, _o, k.kit.context.key_parms_id()),
    ]
}

/// What has no row, and why.
pub const ELSEWHERE: [(&str, &str); 13] = [
    ("Parameters::*", "parameters.rs"),
    ("ParametersBuilder::build", "parameters.rs"),
    ("SecurityTable::check", "parameters.rs"),
    ("Context::new", "takes checked parameters"),
    ("Context::with_code_path", "hybrid"),
    ("Context::insecure_from_seed", "takes checked parameters"),
    ("*::serialized_bytes", "takes no operand"),
    ("KernelProfile::of_process", "takes no operand"),
    ("code_paths", "takes no operand"),
    ("release_memory", "takes no operand"),
    ("Scheme::of_parameters*", "tests/cli/inspect.rs, tests/hostile"),
    ("transform_on", "hybrid"),
    ("CiphertextFlood::*", "tests/seal/flood.rs"),
];
