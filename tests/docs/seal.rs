//! The calls that `docs/seal.md` sets beside those of other libraries: all of them, run, and each row looked up here.

use seal_nn::seal::*;
use seal_nn::{Level, Rotation, SealError};

#[test]
fn every_call_of_the_table_works() -> Result<(), SealError> {
    let values = [1.5, -2.0, 0.25];

    let parameters = Parameters::new(8192, &[50, 40, 40, 50])?;
    let context = Context::new(&parameters)?;
    let mut keys = KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    let public = keys.create_public_key()?;
    let relin = keys.create_relin_keys()?;
    let galois = keys.create_galois_keys(&[Rotation(1)])?;

    let (level, scale) = (context.top_level(), 2f64.powi(40));
    let encoder = Encoder::new(&context)?;
    let plain = encoder.encode(&values, level, scale)?;
    let x = Encryptor::with_public_key(&context, &public)?.encrypt(&plain)?;
    let seeded = SymmetricEncryptor::new(&context, &secret)?.encrypt_seeded(&plain)?;
    let y = seeded.expand(&context)?;

    let evaluator = Evaluator::new(&context)?;
    let sum = evaluator.add(&x, &y)?;
    let shifted = evaluator.add_plain(&x, &plain)?;
    let mut product = evaluator.multiply(&x, &y)?;
    evaluator.relinearize_inplace(&mut product, &relin)?;
    evaluator.rescale_inplace(&mut product)?;
    let scaled = evaluator.multiply_plain(&x, &plain)?;
    let lower = evaluator.drop_to(&x, product.level())?;
    let turned = evaluator.rotate(&x, Rotation(1), &galois)?;

    let decryptor = Decryptor::new(&context, &secret)?;
    let open = |x: &Ciphertext| Ok::<_, SealError>(decryptor.decrypt_decode(x)?.open_as_key_owner());
    let result = decryptor.decrypt_decode(&product)?.open_as_key_owner();

    let bytes = x.to_bytes()?;
    let back = Ciphertext::from_bytes(&context, &bytes)?;

    // The worst is slot 0 after SEAL's rotation: its digits lie in [0, q) and not about 0, so in the slot of the root next to 1
    // their mean counts q N / pi, times the key's error there, sigma sqrt(N / 2), over a special prime of q's size:
    // 3.2 * 2600 * 64 / 2^40 = 4.9e-7 is one standard deviation. Ten of them.
    let tolerance = 5e-6;
    assert!((result[1] - 4.0).abs() < tolerance);
    assert_eq!((lower.level(), product.level()), (Level(1), Level(1)));
    for (what, slot, expected) in
        [(&sum, 0, 3.0), (&shifted, 0, 3.0), (&scaled, 0, 2.25), (&lower, 0, 1.5), (&turned, 0, -2.0), (&back, 2, 0.25)]
    {
        assert!((open(what)?[slot] - expected).abs() < tolerance, "{expected}");
    }

    let parameters = integer::Parameters::<integer::Bfv>::new(
        8192,
        integer::CoeffModulus::Default,
        integer::PlainModulus::Batching(20),
    )?;
    let context = integer::Context::new(&parameters)?;
    let secret = integer::KeyGenerator::new(&context)?.secret_key()?;
    let encoder = integer::BatchEncoder::new(&context)?;
    let plain = encoder.encode_signed(&[1, -2, 3])?;
    let x = integer::SymmetricEncryptor::new(&context, &secret)?.encrypt(&plain)?;
    let decryptor = integer::Decryptor::new(&context, &secret)?;
    let budget = decryptor.noise_budget(&x)?.open_as_key_owner();
    assert!(budget > 100, "{budget}");
    Ok(())
}

/// The last cell of each row, without backquotes.
fn calls() -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/seal.md");
    let text = std::fs::read_to_string(path).unwrap();
    let table = text.split("## Twenty calls").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| row.trim_end_matches(" |").rsplit(" | ").next().unwrap().trim_matches('`').to_owned()).collect()
}

#[test]
fn the_table_has_these_calls() {
    // Without the quotation that this test makes of the page.
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let source = squeezed(include_str!("seal.rs")).replace(",)", ")");
    let calls = calls();
    assert_eq!(calls.len(), 20);
    for call in calls {
        assert!(call.len() > 8 && source.contains(&squeezed(&call)), "{call} is not called in tests/seal.rs");
    }
}
