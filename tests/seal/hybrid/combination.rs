//! Products, multiples and a constant at a scale of choice.

use super::*;

#[test]
fn combinations_at_every_level() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        let top = own.context.top_level();
        let (a, b, c) = (own.random(1), own.random(2), own.random(3));
        // All at the top, whatever the level; one at a scale of its own.
        let (x, y) = (own.encrypt(&a, top), own.encrypt(&b, top));
        let z = own.encryptor.encrypt(&own.encoder.encode(&c, top, 2_f64.powi(38)).unwrap()).unwrap();
        for level in own.levels().skip(1) {
            let prime = own.context.parameters().data_primes()[level.0] as f64;
            let scale = x.scale() * y.scale() / prime;
            let products = [(&x, &y), (&x, &y), (&y, &y)];
            let multiples = [(&z, -0.75), (&x, 0.25), (&y, 0.0)];
            let terms = Combination { products: &products, multiples: &multiples, constant: -1.375 };
            let made = own.hybrid.combine_rescale(&terms, level, scale, &own.keys).unwrap();
            assert_eq!((made.level(), made.scale(), made.size()), (Level(level.0 - 1), scale, 2));
            let expected: Vec<f64> =
                (0..a.len()).map(|i| 2.0 * a[i] * b[i] + b[i] * b[i] - 0.75 * c[i] + 0.25 * a[i] - 1.375).collect();
            // Of each factor at most four times in all, and of z at four times the noise of its scale.
            let variance = 32.0 * own.noise().fresh() * (own.scale() / prime).powi(2) + own.noise().rounding();
            assert_within(&own.decrypt(&made), &expected, variance, scale);

            // A leaf: no product, and no key.
            let none = Own::with_levels(own.context.parameters(), &HybridKeyLevels::default());
            let v = none.encrypt(&a, level);
            let leaf = Combination { multiples: &[(&v, 0.5)], constant: 0.125, ..Combination::default() };
            let made = none.hybrid.combine_rescale(&leaf, level, 3.0 * own.scale(), &none.keys).unwrap();
            assert_eq!((made.level(), made.scale()), (Level(level.0 - 1), 3.0 * own.scale()));
            let variance = 9.0 * own.noise().fresh() + own.noise().rounding();
            assert_within(&none.decrypt(&made), &map(&a, |a| 0.5 * a + 0.125), variance, made.scale());
        }
    }
}

/// The constant comes after the division: to the last residue what a product is without it, shifted.
#[test]
fn a_constant_is_exact() {
    let own = Own::new(&chains()[1]);
    let (level, x) = (Level(3), own.encrypt(&own.random(1), Level(4)));
    let scale = x.scale() * x.scale() / own.context.parameters().data_primes()[3] as f64;
    let made = |constant| {
        let terms = Combination { products: &[(&x, &x)], constant, ..Combination::default() };
        own.hybrid.combine_rescale(&terms, level, scale, &own.keys).unwrap()
    };
    let mut shifted = made(0.0);
    let one = own.encoder.encode_constant(-1.0, shifted.level(), scale).unwrap();
    own.evaluator.add_plain_inplace(&mut shifted, &one).unwrap();
    assert!(made(-1.0).to_bytes().unwrap() == shifted.to_bytes().unwrap());
    // And the product that of the other operation.
    let low = own.evaluator.drop_to(&x, level).unwrap();
    let product = own.hybrid.multiply_sum_rescale(&[(&low, &low)], &own.keys).unwrap();
    assert!(made(0.0).to_bytes().unwrap() == product.to_bytes().unwrap());
}

#[test]
fn combinations_that_cannot_be_are_refused() {
    let own = Own::new(&chains()[1]);
    let x = own.encrypt(&own.random(1), Level(3));
    let scale = own.scale() * own.scale() / own.context.parameters().data_primes()[3] as f64;
    let run = |terms: &Combination<'_>, level: usize, scale: f64| {
        own.hybrid.combine_rescale(terms, Level(level), scale, &own.keys)
    };
    let square = Combination { products: &[(&x, &x)], ..Combination::default() };
    assert!(run(&square, 3, scale).is_ok());
    assert!(run(&square, 3, scale * (1.0 + 1e-13)).is_ok());
    refused!(run(&square, 3, scale * (1.0 + 1e-11)), SealError::ScaleMismatch { .. });
    refused!(run(&square, 4, scale), SealError::LevelMismatch { left: Level(4), right: Level(3), .. });
    refused!(run(&square, 5, scale), SealError::LevelTooHigh { .. });
    refused!(run(&square, 3, f64::NAN), SealError::InvalidScale { .. });
    let with = |constant: f64, factor: f64| {
        let multiples = [(&x, factor)];
        run(&Combination { products: &[(&x, &x)], multiples: &multiples, constant }, 3, scale).map(|_| ())
    };
    assert!(with(1.0, 1.0).is_ok());
    refused!(with(f64::NAN, 1.0), SealError::NotFinite { .. });
    refused!(with(1.0, f64::INFINITY), SealError::NotFinite { .. });
    refused!(with(1e30, 1.0), SealError::ValuesTooLarge { .. });
    refused!(with(1.0, 1e30), SealError::ValuesTooLarge { .. });
    let nothing = Combination { multiples: &[(&x, 0.0)], ..Combination::default() };
    refused!(run(&nothing, 3, scale), SealError::Transparent { .. });
}
