//! Every public operation of BFV and BGV, and what it answers to each misuse of `operands.rs`, in that order.

use seal_nn::Rotation;
use seal_nn::seal::integer::*;

use super::operands::Operands;
use crate::kit::integer::Kit;
use crate::refusals_kit::Row;

#[rustfmt::skip]
pub fn table<S: IntegerScheme>() -> Vec<Row<Kit<S>, Operands<S>>> {
    vec![
        // Other parameters: x, y, plaintext, transformed x and plaintext, keys |
        // another level: y, transformed plaintext | three components x, y | transparent: -x, x, zeros |
        // other keys | no such level | nothing | values too many, too large | no Galois element
        row!("Evaluator::new",                    "...... .. .. ... . . . .. .", k, _o, Evaluator::new(&k.context)),
        row!("Evaluator::add",                    "FF.... L. .. T.. . . . .. .", k, o, k.evaluator.add(&o.x, &o.y)),
        row!("Evaluator::sub",                    "FF.... L. .. .T. . . . .. .", k, o, k.evaluator.sub(&o.x, &o.y)),
        row!("Evaluator::negate",                 "F..... .. .. ... . . . .. .", k, o, k.evaluator.negate(&o.x)),
        row!("Evaluator::add_many",               "FF.... L. .. T.. . . E .. .", k, o, k.evaluator.add_many(o.list(&[&o.x, &o.y]))),
        row!("Evaluator::add_plain",              "F.F... .. .. ... . . . .. .", k, o, k.evaluator.add_plain(&o.x, &o.plain)),
        row!("Evaluator::sub_plain",              "F.F... .. .. ... . . . .. .", k, o, k.evaluator.sub_plain(&o.x, &o.plain)),
        row!("Evaluator::multiply",               "FF.... L. CC ... . . . .. .", k, o, k.evaluator.multiply(&o.x, &o.y)),
        row!("Evaluator::multiply, the other way", "FF.... L. CC ... . . . .. .", k, o, k.evaluator.multiply(&o.y, &o.x)),
        row!("Evaluator::square",                 "F..... .. C. ... . . . .. .", k, o, k.evaluator.square(&o.x)),
        row!("Evaluator::multiply_plain",         "F.F... .. .. ..T . . . .. .", k, o, k.evaluator.multiply_plain(&o.x, &o.plain)),
        row!("Evaluator::multiply_many",          "FF...F L. CC ... . . P .. .", k, o, k.evaluator.multiply_many(o.list(&[&o.x, &o.y]), &o.relin)),
        row!("Evaluator::exponentiate",           "F....F .. C. ... . . P .. .", k, o, k.evaluator.exponentiate(&o.x, if o.nothing { 0 } else { 2 }, &o.relin)),
        row!("Evaluator::relinearize",            "F....F .. .. ... . . . .. .", k, o, k.evaluator.relinearize(&o.x, &o.relin)),
        row!("Evaluator::mod_switch_to_next",     "F..... .. .. ... . . . .. .", k, o, k.evaluator.mod_switch_to_next(&o.x)),
        row!("Evaluator::mod_switch_to",          "F..... .. .. ... . R . .. .", k, o, k.evaluator.mod_switch_to(&o.x, o.level)),
        row!("Evaluator::mod_switch_to, up",      ".F.... R. .. ... . . . .. .", k, o, k.evaluator.mod_switch_to(&o.y, k.top())),
        row!("Evaluator::rotate_rows",            "F....F .. C. ... G . . .. .", k, o, k.evaluator.rotate_rows(&o.x, Rotation(1), &o.galois)),
        row!("Evaluator::rotate_columns",         "F....F .. C. ... U . . .. .", k, o, k.evaluator.rotate_columns(&o.x, &o.columns)),
        row!("Evaluator::apply_galois",           "F....F .. C. ... Y . . .. X", k, o, k.evaluator.apply_galois(&o.x, o.element, &o.galois)),
        row!("Evaluator::transform_to_ntt",       "F..... .. .. ... . . . .. .", k, o, k.evaluator.transform_to_ntt(&o.x)),
        row!("Evaluator::transform_from_ntt",     "...F.. .. .. ... . . . .. .", k, o, k.evaluator.transform_from_ntt(&o.ntt_x)),
        row!("Evaluator::transform_plain_to_ntt", "..F... .. .. ... . H . .. .", k, o, k.evaluator.transform_plain_to_ntt(&o.plain, o.level)),
        row!("Evaluator::multiply_plain_ntt",     "...FF. .L .. ..T . . . .. .", k, o, k.evaluator.multiply_plain_ntt(&o.ntt_x, &o.ntt_plain)),
        row!("Evaluator::add_ntt",                ".F.F.. L. .. T.. . . . .. .", k, o, k.evaluator.add_ntt(&o.ntt_x, &o.ntt_y)),
        row!("Evaluator::mod_switch_plain_to",    "....F. .. .. ... . R . .. .", k, o, k.evaluator.mod_switch_plain_to(&o.ntt_plain, o.level)),
        row!("Evaluator::mod_switch_plain_to, up", "....F. .R .. ... . . . .. .", k, o, k.evaluator.mod_switch_plain_to(&o.ntt_plain, k.top())),

        row!("BatchEncoder::new",                 "...... .. .. ... . . . .. .", k, _o, BatchEncoder::new(&k.context)),
        row!("BatchEncoder::encode",              "...... .. .. ... . . . MZ .", k, o, k.encoder.encode(&o.values)),
        row!("BatchEncoder::encode_signed",       "...... .. .. ... . . . MZ .", k, o, k.encoder.encode_signed(&o.signed())),
        row!("BatchEncoder::decode",              "..F... .. .. ... . . . .. .", k, o, k.encoder.decode(&o.plain)),
        row!("BatchEncoder::decode_signed",       "..F... .. .. ... . . . .. .", k, o, k.encoder.decode_signed(&o.plain)),
        row!("Plaintext::from_coefficients",      "...... .. .. ... . . . DZ .", k, o, Plaintext::from_coefficients(&k.context, &o.values)),
        row!("Plaintext::from_hex",               "...... .. .. ... . . . DZ .", k, o, Plaintext::from_hex(&k.context, o.text)),
        row!("Plaintext::to_hex",                 "...... .. .. ... . . . .. .", _k, o, o.plain.to_hex()),
        row!("Plaintext::coefficients",           "...... .. .. ... . . . .. .", _k, o, o.plain.coefficients()),

        row!("Encryptor::with_public_key",        ".....F .. .. ... . . . .. .", k, o, Encryptor::with_public_key(&k.context, &o.public)),
        row!("Encryptor::encrypt",                "..F... .. .. ... . . . .. .", k, o, k.public.encrypt(&o.plain)),
        row!("Encryptor::encrypt_zero",           "...... .. .. ... . H . .. .", k, o, k.public.encrypt_zero(o.level)),
        row!("SymmetricEncryptor::new",           ".....F .. .. ... . . . .. .", k, o, SymmetricEncryptor::new(&k.context, &o.secret)),
        row!("SymmetricEncryptor::encrypt",       "..F... .. .. ... . . . .. .", k, o, k.encryptor.encrypt(&o.plain)),
        row!("SymmetricEncryptor::encrypt_zero",  "...... .. .. ... . H . .. .", k, o, k.encryptor.encrypt_zero(o.level)),
        row!("SymmetricEncryptor::encrypt_seeded", "..F... .. .. ... . . . .. .", k, o, k.encryptor.encrypt_seeded(&o.plain)),
        row!("Seeded::expand",                    ".....F .. .. ... . . . .. .", k, o, o.seeded.expand(&k.context)),
        row!("Decryptor::new",                    ".....F .. .. ... . . . .. .", k, o, Decryptor::new(&k.context, &o.secret)),
        row!("Decryptor::decrypt",                "F..... .. .. ... . . . .. .", k, o, k.decryptor.decrypt(&o.x)),
        row!("Decryptor::noise_budget",           "F..... .. .. ... . . . .. .", k, o, k.decryptor.noise_budget(&o.x)),

        row!("KeyGenerator::new",                 "...... .. .. ... . . . .. .", k, _o, KeyGenerator::new(&k.context)),
        row!("KeyGenerator::from_secret_key",     ".....F .. .. ... . . . .. .", k, o, KeyGenerator::from_secret_key(&k.context, &o.secret)),
        row!("KeyGenerator::secret_key",          "...... .. .. ... . . . .. .", k, _o, k.keys().secret_key()),
        row!("KeyGenerator::create_public_key",   "...... .. .. ... . . . .. .", k, _o, k.keys().create_public_key()),
        row!("KeyGenerator::create_seeded_public_key", "...... .. .. ... . . . .. .", k, _o, k.keys().create_seeded_public_key()),
        row!("KeyGenerator::create_relin_keys",   "...... .. .. ... . . . .. .", k, _o, k.keys().create_relin_keys()),
        row!("KeyGenerator::create_seeded_relin_keys", "...... .. .. ... . . . .. .", k, _o, k.keys().create_seeded_relin_keys()),
        row!("KeyGenerator::create_galois_keys",  "...... .. .. ... . . . .. .", k, o, k.keys().create_galois_keys(o.list(&[Rotation(1)]))),
        row!("KeyGenerator::create_seeded_galois_keys", "...... .. .. ... . . . .. .", k, o, k.keys().create_seeded_galois_keys(o.list(&[Rotation(1)]))),
        row!("KeyGenerator::create_column_key",   "...... .. .. ... . . . .. .", k, _o, k.keys().create_column_key()),
        row!("KeyGenerator::create_seeded_column_key", "...... .. .. ... . . . .. .", k, _o, k.keys().create_seeded_column_key()),
        row!("KeyGenerator::create_galois_keys_of_elements", "...... .. .. ... . . . .. X", k, o, k.keys().create_galois_keys_of_elements(&[1, o.element])),
        row!("KeyGenerator::create_seeded_galois_keys_of_elements", "...... .. .. ... . . . .. X", k, o, k.keys().create_seeded_galois_keys_of_elements(&[o.element])),

        row!("Context::parms_id",                 "...... .. .. ... . H . .. .", k, o, k.context.parms_id(o.level)),
        row!("Context::key_parms_id",             "...... .. .. ... . . . .. .", k, _o, k.context.key_parms_id()),
    ]
}

/// What has no row, and why.
pub const ELSEWHERE: [(&str, &str); 4] = [
    ("Parameters::*", "integer/parameters.rs, integer/bytes.rs"),
    ("Context::new", "takes checked parameters"),
    ("Context::insecure_from_seed", "takes checked parameters"),
    ("*::serialized_bytes", "takes no operand"),
];
