//! Polynomials as texts, in the form that SEAL's `Plaintext` reads and writes.

use crate::error::SealError;

const PLUS: &str = " + ";
const POWER: &str = "x^";

/// The coefficients of a polynomial of a degree below `degree`, the constant one first.
pub(super) fn parse(text: &str, degree: usize) -> Result<Vec<u64>, SealError> {
    let mut coefficients = Vec::new();
    let mut last = None; // the power of the term before
    let mut at = 0;
    for term in text.split(PLUS) {
        let (digits, power) = term.split_once(POWER).unwrap_or((term, "0"));
        let (Some(coefficient), Some(power)) = (number(digits, 16), number(power, 10)) else {
            return Err(SealError::NotAPolynomial { at });
        };
        if last.is_some_and(|last| power >= last) {
            return Err(SealError::NotAPolynomial { at });
        }
        let index = usize::try_from(power).unwrap_or(usize::MAX);
        if index >= degree {
            let actual = index.saturating_add(1);
            return Err(SealError::TooManyCoefficients { op: "plaintext", actual, max: degree });
        }
        // The first term has the highest power.
        if coefficients.is_empty() {
            coefficients.resize(index + 1, 0);
        }
        coefficients[index] = coefficient;
        last = Some(power);
        at += term.len() + PLUS.len();
    }
    Ok(coefficients)
}

/// Digits and nothing else: Rust's own parser takes a sign.
fn number(digits: &str, radix: u32) -> Option<u64> {
    match digits.chars().all(|digit| digit.is_digit(radix)) {
        true => u64::from_str_radix(digits, radix).ok(),
        false => None,
    }
}

/// The polynomial with these coefficients, the constant one first.
pub(super) fn format(coefficients: &[u64]) -> String {
    let terms: Vec<String> = coefficients
        .iter()
        .enumerate()
        .rev()
        .filter(|&(_, &coefficient)| coefficient != 0)
        .map(|(power, coefficient)| match power {
            0 => format!("{coefficient:X}"),
            _ => format!("{coefficient:X}{POWER}{power}"),
        })
        .collect();
    match terms.is_empty() {
        true => "0".to_owned(),
        false => terms.join(PLUS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in ["0", "3", "7FFx^3 + 1x^1 + 3", "1x^7", "FFFFFFFFFFFFFFFFx^2"] {
            assert_eq!(format(&parse(text, 8).unwrap()), text);
        }
        assert_eq!(parse("0x^5 + 0ab", 8).unwrap(), [0xab, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_is_no_polynomial_is_refused() {
        for (text, place) in [
            ("", 0),
            ("+3", 0),
            ("-1", 0),
            ("g", 0),
            ("x^1", 0),
            ("1x^", 0),
            ("1x^+2", 0),
            ("1x^1 +3", 0),
            ("1 + ", 4),
            ("1x^1 + 1x^1", 7),
            ("1 + 1x^1", 4),
            ("10000000000000000", 0),
            ("1x^99999999999999999999", 0),
        ] {
            let refused = parse(text, 8);
            assert!(matches!(refused, Err(SealError::NotAPolynomial { at }) if at == place), "{text}: {refused:?}");
        }
        for text in ["1x^8", "1x^18446744073709551615"] {
            assert!(matches!(parse(text, 8), Err(SealError::TooManyCoefficients { max: 8, .. })), "{text}");
        }
    }
}
