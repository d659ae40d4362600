//! Every public operation of CKKS, and what it answers to each misuse of `operands.rs`, in that order.

use seal_nn::SealError;
use seal_nn::seal::*;
use seal_nn::{Level, Rotation};

use super::operands::{Bench, Operands};
use crate::refusals_kit::Row;

/// An in-place operation on a copy. If it refuses, the copy is as it was, to the last byte.
fn kept(x: &Ciphertext, operation: impl FnOnce(&mut Ciphertext) -> Result<(), SealError>) -> Result<(), SealError> {
    let mut copy = x.clone();
    operation(&mut copy).inspect_err(|_| assert!(copy.to_bytes().unwrap() == x.to_bytes().unwrap()))
}

/// All switching keys up to a level.
fn up_to(level: Level) -> HybridKeyLevels {
    HybridKeyLevels { relin: Some(level), rotations: [(Rotation(1), level)].into() }
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

#[rustfmt::skip]
pub fn table() -> Vec<Row<Bench, Operands>> {
    vec![
        // Other parameters: x, y, plaintext, extended, keys |
        // y and plaintext at another level, scale | three components x, y; two |
        // transparent: -x, x, zeros | level 0; scales whose product does not fit, that vanish |
        // no such level; scale does not fit, is none | values not finite, too many, too large | nothing; other, cut keys;
        // the plaintext of another extended one
        row!("Evaluator::new",                           "..... .. ... ... ... ... ... ....", k, _o, Evaluator::new(&k.kit.context)),
        row!("Evaluator::add",                           "FF... LS ... T.. ... ... ... ....", k, o, k.kit.evaluator.add(&o.x, &o.y)),
        row!("Evaluator::add_inplace",                   "FF... LS ... T.. ... ... ... ....", k, o, kept(&o.x, |x| k.kit.evaluator.add_inplace(x, &o.y))),
        row!("Evaluator::sub",                           "FF... LS ... .T. ... ... ... ....", k, o, k.kit.evaluator.sub(&o.x, &o.y)),
        row!("Evaluator::sub_inplace",                   "FF... LS ... .T. ... ... ... ....", k, o, kept(&o.x, |x| k.kit.evaluator.sub_inplace(x, &o.y))),
        row!("Evaluator::negate",                        "F.... .. ... ... ... ... ... ....", k, o, k.kit.evaluator.negate(&o.x)),
        row!("Evaluator::negate_inplace",                "F.... .. ... ... ... ... ... ....", k, o, kept(&o.x, |x| k.kit.evaluator.negate_inplace(x))),
        row!("Evaluator::add_many",                      "FF... LS ... T.. ... ... ... E...", k, o, k.kit.evaluator.add_many(o.list(&[&o.x, &o.y]))),
        row!("Evaluator::add_plain",                     "F.F.. LS ... ... ..S ... ... ....", k, o, k.kit.evaluator.add_plain(&o.x, &o.plain)),
        row!("Evaluator::add_plain_inplace",             "F.F.. LS ... ... ..S ... ... ....", k, o, kept(&o.x, |x| k.kit.evaluator.add_plain_inplace(x, &o.plain))),
        row!("Evaluator::sub_plain",                     "F.F.. LS ... ... ..S ... ... ....", k, o, k.kit.evaluator.sub_plain(&o.x, &o.plain)),
        row!("Evaluator::sub_plain_inplace",             "F.F.. LS ... ... ..S ... ... ....", k, o, kept(&o.x, |x| k.kit.evaluator.sub_plain_inplace(x, &o.plain))),
        row!("Evaluator::multiply",                      "FF... L. CC. ... BBI ... ... ....", k, o, k.kit.evaluator.multiply(&o.x, &o.y)),
        row!("Evaluator::multiply, the other way",       "FF... L. CC. ... BBI ... ... ....", k, o, k.kit.evaluator.multiply(&o.y, &o.x)),
        row!("Evaluator::square",                        "F.... .. C.. ... BBI ... ... ....", k, o, k.kit.evaluator.square(&o.x)),
        row!("Evaluator::multiply_sum",                  "FF... LS CC. T.. BBI ... ... E...", k, o, k.kit.evaluator.multiply_sum(o.list(&[(&o.x, &o.x), (&o.x, &o.y)]))),
        row!("Evaluator::multiply_plain",                "F.F.. L. ... ..T BB. ... ... ....", k, o, k.kit.evaluator.multiply_plain(&o.x, &o.plain)),
        row!("Evaluator::multiply_plain_inplace",        "F.F.. L. ... ..T BB. ... ... ....", k, o, kept(&o.x, |x| k.kit.evaluator.multiply_plain_inplace(x, &o.plain))),
        row!("Evaluator::relinearize_inplace",           "F...F .. ... ... ... ... ... ....", k, o, kept(&o.product, |x| k.kit.evaluator.relinearize_inplace(x, &o.relin))),
        row!("Evaluator::rescale_inplace",               "F.... .. ... ... O.I ... ... ....", k, o, kept(&o.x, |x| k.kit.evaluator.rescale_inplace(x))),
        row!("Evaluator::drop_to",                       "F.... .. ... ... ... R.. ... ....", k, o, k.kit.evaluator.drop_to(&o.x, o.level)),
        row!("Evaluator::drop_to, far",                  "F.... .. ... ... .B. ... ... ....", k, o, k.kit.evaluator.drop_to(&o.x, Level(0))),
        row!("Evaluator::drop_to_inplace",               "F.... .. ... ... ... R.. ... ....", k, o, kept(&o.x, |x| k.kit.evaluator.drop_to_inplace(x, o.level))),
        row!("Evaluator::drop_to_inplace, far",          "F.... .. ... ... .B. ... ... ....", k, o, kept(&o.x, |x| k.kit.evaluator.drop_to_inplace(x, Level(0)))),
        row!("Evaluator::drop_plain_to",                 "..F.. .. ... ... ... R.. ... ....", k, o, k.kit.evaluator.drop_plain_to(&o.plain, o.level)),
        row!("Evaluator::drop_plain_to, far",            "..F.. .. ... ... .B. ... ... ....", k, o, k.kit.evaluator.drop_plain_to(&o.plain, Level(0))),
        row!("Evaluator::rotate",                        "F...F .. C.. ... ... ... ... .G..", k, o, k.kit.evaluator.rotate(&o.x, Rotation(1), &o.galois)),
        row!("Evaluator::rotate, by nothing",            "F...F .. C.. ... ... ... ... ....", k, o, k.kit.evaluator.rotate(&o.x, Rotation(1024), &o.galois)),
        row!("Evaluator::rotate_many",                   "F...F .. C.. ... ... ... ... .G..", k, o, k.kit.evaluator.rotate_many(&o.x, &[Rotation(0), Rotation(1)], &o.galois)),
        row!("Evaluator::conjugate",                     "F...F .. C.. ... ... ... ... .J..", k, o, k.kit.evaluator.conjugate(&o.x, &o.conjugation)),
        row!("Evaluator::linear_transform",              "F.F.F LS C.. ..T BB. ... ... EG..", k, o, k.kit.evaluator.linear_transform(&o.x, o.list(&[(Rotation(0), &o.ones), (Rotation(1), &o.plain)]), &o.galois)),

        row!("HybridEvaluator::new",                            "..... .. ... ... ... ... ... ....", k, _o, HybridEvaluator::new(&k.kit.context)),
        row!("HybridEvaluator::code_path",                      "..... .. ... ... ... ... ... ....", k, _o, k.hybrid.code_path()),
        row!("HybridEvaluator::expand",                         "....F .. ... ... ... ... ... ....", k, o, k.hybrid.expand(&o.seeded)),
        row!("HybridEvaluator::rotate",                         "F...F .. C.. ... ... ... ... .GK.", k, o, k.hybrid.rotate(&o.x, Rotation(1), &o.switching)),
        row!("HybridEvaluator::hoist",                          "F.... .. C.. ... ... ... ... ....", k, o, k.hybrid.hoist(&o.x)),
        row!("HybridEvaluator::rotate_hoisted",                 "F...F .. C.. ... ... ... ... .GK.", k, o, k.hybrid.rotate_hoisted(&k.hybrid.hoist(&o.x)?, Rotation(1), &o.switching)),
        row!("HybridEvaluator::add_rotations",                  "F...F .. C.. ... ... ... ... .GK.", k, o, k.hybrid.add_rotations(&o.x, &[Rotation(1), Rotation(1)], &o.switching)),
        row!("HybridEvaluator::sum_rotations",                  "FF..F LS CC. T.. ... ... ... EGK.", k, o, k.hybrid.sum_rotations(o.list(&[(&o.x, Rotation(1)), (&o.y, Rotation(1))]), &o.switching)),
        row!("HybridEvaluator::extend",                         "..F.. .. ... ... ... ... ... ....", k, o, k.hybrid.extend(&o.plain)),
        row!("HybridEvaluator::transform",                      "F.FFF LS C.. ..T BB. ... ... EGKy", k, o, transform(k, o, false)),
        row!("HybridEvaluator::transform_rescale",              "F.FFF LS C.. ..T BB. ... ... EGKy", k, o, transform(k, o, true)),
        row!("HybridEvaluator::multiply_sum_rescale",           "FF..F LS CC. T.. BBI ... ... EQK.", k, o, k.hybrid.multiply_sum_rescale(o.list(&[(&o.x, &o.x), (&o.x, &o.y)]), &o.switching)),
        row!("HybridEvaluator::multiply_plain_sum_rescale",     "F.F.. LS C.. ... BB. ... ... E...", k, o, k.hybrid.multiply_plain_sum_rescale(o.list(&[(&o.x, &o.ones), (&o.x, &o.plain)]))),
        row!("HybridEvaluator::multiply_plain_sum_rescale, one", "F.F.. L. C.. ..T BB. ... ... E...", k, o, k.hybrid.multiply_plain_sum_rescale(o.list(&[(&o.x, &o.plain)]))),
        row!("HybridEvaluator::rescale_inplace",                "F.... .. C.. ... O.I ... ... ....", k, o, kept(&o.x, |x| k.hybrid.rescale_inplace(x))),
        row!("HybridEvaluator::relinearize_inplace",            "F...F .. ... ... ... ... ... .QK.", k, o, kept(&o.product, |x| k.hybrid.relinearize_inplace(x, &o.switching))),
        row!("HybridEvaluator::relinearize_rescale_inplace",    "F...F .. ..C ... O.I ... ... .QK.", k, o, kept(&o.product, |x| k.hybrid.relinearize_rescale_inplace(x, &o.switching))),
        row!("HybridKeys::from_seal",                 "....F .. ... ... ... ... ... ....", k, o, HybridKeys::from_seal(&k.kit.context, &o.relin, &o.galois)),

        row!("Encoder::new",                             "..... .. ... ... ... ... ... ....", k, _o, Encoder::new(&k.kit.context)),
        row!("Encoder::encode",                          "..... .. ... ... ... HBI NMV ....", k, o, k.kit.encoder.encode(&o.values, o.level, o.scale)),
        row!("Encoder::encode_complex",                  "..... .. ... ... ... HBI NMV ....", k, o, k.kit.encoder.encode_complex(&o.complex(), o.level, o.scale)),
        row!("Encoder::encode_constant",                 "..... .. ... ... ... HBI N.V ....", k, o, k.kit.encoder.encode_constant(o.values[0], o.level, o.scale)),
        row!("Encoder::decode",                          "..F.. .. ... ... ... ... ... ....", k, o, k.kit.encoder.decode(&o.plain)),
        row!("Encoder::decode_complex",                  "..F.. .. ... ... ... ... ... ....", k, o, k.kit.encoder.decode_complex(&o.plain)),
        row!("RealEncoder::new",                         "..... .. ... ... ... ... ... ....", k, _o, RealEncoder::new(&k.kit.context)),
        row!("RealEncoder::encode",                      "..... .. ... ... ... HBI NMV ....", k, o, k.real.encode(&o.values, o.level, o.scale)),

        row!("Encryptor::with_public_key",               "....F .. ... ... ... ... ... ....", k, o, Encryptor::with_public_key(&k.kit.context, &o.public)),
        row!("Encryptor::encrypt",                       "..F.. .. ... ... ... ... ... ....", k, o, k.public.encrypt(&o.plain)),
        row!("Encryptor::encrypt_zero",                  "..... .. ... ... ... HBI ... ....", k, o, k.public.encrypt_zero(o.level, o.scale)),
        row!("SymmetricEncryptor::new",                  "....F .. ... ... ... ... ... ....", k, o, SymmetricEncryptor::new(&k.kit.context, &o.secret)),
        row!("SymmetricEncryptor::encrypt",              "..F.. .. ... ... ... ... ... ....", k, o, k.kit.encryptor.encrypt(&o.plain)),
        row!("SymmetricEncryptor::encrypt_zero",         "..... .. ... ... ... HBI ... ....", k, o, k.kit.encryptor.encrypt_zero(o.level, o.scale)),
        row!("SymmetricEncryptor::encrypt_seeded",       "..F.. .. ... ... ... ... ... ....", k, o, k.kit.encryptor.encrypt_seeded(&o.plain)),
        row!("Seeded::expand",                           "....F .. ... ... ... ... ... ....", k, o, o.seeded.expand(&k.kit.context)),
        row!("Decryptor::new",                           "....F .. ... ... ... ... ... ....", k, o, Decryptor::new(&k.kit.context, &o.secret)),
        row!("Decryptor::decrypt",                       "F.... .. ... ... ... ... ... ....", k, o, k.kit.decryptor.decrypt(&o.x)),
        row!("Decryptor::decrypt_decode",                "F.... .. ... ... ... ... ... ....", k, o, k.kit.decryptor.decrypt_decode(&o.x)),

        row!("KeyGenerator::new",                        "..... .. ... ... ... ... ... ....", k, _o, KeyGenerator::new(&k.kit.context)),
        row!("KeyGenerator::from_secret_key",            "....F .. ... ... ... ... ... ....", k, o, KeyGenerator::from_secret_key(&k.kit.context, &o.secret)),
        row!("KeyGenerator::secret_key",                 "..... .. ... ... ... ... ... ....", k, _o, k.kit.keys().secret_key()),
        row!("KeyGenerator::create_public_key",          "..... .. ... ... ... ... ... ....", k, _o, k.kit.keys().create_public_key()),
        row!("KeyGenerator::create_seeded_public_key",   "..... .. ... ... ... ... ... ....", k, _o, k.kit.keys().create_seeded_public_key()),
        row!("KeyGenerator::create_relin_keys",          "..... .. ... ... ... ... ... ....", k, _o, k.kit.keys().create_relin_keys()),
        row!("KeyGenerator::create_seeded_relin_keys",   "..... .. ... ... ... ... ... ....", k, _o, k.kit.keys().create_seeded_relin_keys()),
        row!("KeyGenerator::create_galois_keys",         "..... .. ... ... ... ... ... ....", k, o, k.kit.keys().create_galois_keys(o.list(&[Rotation(1)]))),
        row!("KeyGenerator::create_seeded_galois_keys",  "..... .. ... ... ... ... ... ....", k, o, k.kit.keys().create_seeded_galois_keys(o.list(&[Rotation(1)]))),
        row!("KeyGenerator::create_conjugation_key",     "..... .. ... ... ... ... ... ....", k, _o, k.kit.keys().create_conjugation_key()),
        row!("KeyGenerator::create_seeded_conjugation_key", "..... .. ... ... ... ... ... ....", k, _o, k.kit.keys().create_seeded_conjugation_key()),
        row!("KeyGenerator::create_seeded_hybrid_keys", "..... .. ... ... ... H.. ... ....", k, o, k.kit.keys().create_seeded_hybrid_keys(&up_to(o.level))),

        row!("Ciphertext::set_scale",                    "..... .. ... ... ... .BI ... ....", _k, o, kept(&o.x, |x| x.set_scale(o.scale))),
        row!("Context::parms_id",                        "..... .. ... ... ... H.. ... ....", k, o, k.kit.context.parms_id(o.level)),
        row!("Context::key_parms_id",                    "..... .. ... ... ... ... ... ....", k, _o, k.kit.context.key_parms_id()),
    ]
}

/// What has no row, and why.
pub const ELSEWHERE: [(&str, &str); 10] = [
    ("Parameters::*", "parameters.rs"),
    ("ParametersBuilder::build", "parameters.rs"),
    ("Context::new", "takes checked parameters"),
    ("Context::with_code_path", "switching"),
    ("Context::insecure_from_seed", "takes checked parameters"),
    ("*::serialized_bytes", "takes no operand"),
    ("KernelProfile::of_process", "takes no operand"),
    ("code_paths", "takes no operand"),
    ("Scheme::of_parameters*", "inspect.rs, hostile"),
    ("transform_on", "switching"),
];
