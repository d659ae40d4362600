//! The fields of each object after its header, and the checks on them.

use super::bounds::{Bounds, Form, SEED_BYTES};
use super::limits::Limits;
use super::polynomials::{Place, check_residues, residue_array};
use super::reader::{Reader, Walk};
use crate::error::{BytesRefusal, ObjectKind};

impl Bounds {
    /// `Plaintext`: identifier, number of residues, scale, residues.
    pub fn plaintext(&self, reader: &mut Reader<'_>) -> Walk<()> {
        const PART: &str = "plaintext";
        if let Some(modulus) = self.plain_modulus {
            if reader.array::<32>(PART)? != [0; 32] {
                return Err(BytesRefusal::ForeignParameters { part: PART });
            }
            let count = reader.one_of("number of coefficients", 1, self.degree)?;
            self.check_scale(PART, reader.f64("scale")?, &[], Place::Level)?;
            let residues = residue_array(reader, PART, &[count])?;
            return check_residues(PART, residues, self.degree, &[modulus]).map(|_| ());
        }
        self.ntt_plaintext(reader, PART, Place::Level).map(|_| ())
    }

    /// `SecretKey`: a plaintext at the level of keys. A zero key would hide nothing.
    pub fn secret_key(&self, reader: &mut Reader<'_>) -> Walk<()> {
        const PART: &str = "secret key";
        match self.ntt_plaintext(reader, PART, Place::Keys)? {
            true => Ok(()),
            false => Err(BytesRefusal::Transparent { part: PART }),
        }
    }

    fn ntt_plaintext(&self, reader: &mut Reader<'_>, part: &'static str, place: Place) -> Walk<bool> {
        let primes = self.primes_of(reader, part, place)?;
        let count = self.degree * primes.len();
        reader.exactly("number of coefficients", count)?;
        self.check_scale(part, reader.f64("scale")?, primes, place)?;
        let residues = residue_array(reader, part, &[count])?;
        check_residues(part, residues, self.degree, primes)
    }

    /// `Ciphertext`, and `PublicKey`, which is a ciphertext at the level of keys: identifier, form, components, N,
    /// number of primes, scale, correction factor, residues. If there is one component, the seed of the other follows.
    pub fn ciphertext(&self, reader: &mut Reader<'_>, part: &'static str, place: Place, form: Form) -> Walk<()> {
        let primes = self.primes_of(reader, part, place)?;
        let ntt = self.ntt_ciphertexts || matches!(place, Place::Keys);
        let (expected, actual) = (u8::from(ntt), reader.u8("form")?);
        if actual != expected {
            let part = "the byte that says whether it is in NTT form";
            return Err(BytesRefusal::Field { part, expected: expected.to_string(), actual: actual.into() });
        }
        let components = reader.one_of("number of components", 2, form.most_components())?;
        reader.exactly("ring degree", self.degree)?;
        reader.exactly("number of primes", primes.len())?;
        self.check_scale(part, reader.f64("scale")?, primes, place)?;
        match self.plain_modulus.filter(|_| self.correction_factor && matches!(place, Place::Level)) {
            Some(modulus) => {
                check_factor(reader.one_of("correction factor", 1, modulus as usize - 1)? as u64, modulus)?
            }
            None => reader.exactly("correction factor", 1)?,
        }
        let component = self.degree * primes.len();
        let residues = residue_array(reader, part, &[component * components, component])?;
        let is_seeded = residues.len() == 8 * component;
        if is_seeded != (form == Form::Seeded) {
            let name = |seeded| if seeded { "the seeded" } else { "the whole" };
            return Err(BytesRefusal::Form { part, expected: name(!is_seeded), actual: name(is_seeded) });
        }
        check_residues(part, &residues[..8 * component], self.degree, primes)?;
        match is_seeded {
            true => reader.nested("seed", |reader| {
                check_generator(reader.u8("random generator")?)?;
                reader.take("seed", SEED_BYTES).map(|_| ())
            }),
            false if check_residues(part, &residues[8 * component..], self.degree, primes)? => Ok(()),
            false => Err(BytesRefusal::Transparent { part }),
        }
    }

    /// `RelinKeys`: a set with one key, for the square of the secret key.
    pub fn relin_keys(&self, reader: &mut Reader<'_>, form: Form) -> Walk<()> {
        const PART: &str = "relinearisation keys";
        self.set_start(reader, PART)?;
        // SEAL writes both kinds of keys in one format: a set for relinearisation has one place, and a set of Galois keys one
        // for each automorphism.
        match reader.u64("number of keys")? {
            1 => (),
            places if places == self.degree as u64 => {
                let (expected, actual) = (ObjectKind::RelinKeys, ObjectKind::GaloisKeys);
                return Err(BytesRefusal::OtherKeys { expected, actual });
            }
            actual => return Err(BytesRefusal::Field { part: "number of keys", expected: "1".into(), actual }),
        }
        match self.switching_key(reader, "relinearisation key", form)? {
            true => Ok(()),
            false => Err(BytesRefusal::NoKey { part: PART, index: 0 }),
        }
    }

    /// `GaloisKeys`: a place for each automorphism, most of them empty. Returns the automorphisms that have a key.
    pub fn galois_keys(&self, reader: &mut Reader<'_>, form: Form, limits: &Limits) -> Walk<Vec<u32>> {
        self.set_start(reader, "Galois keys")?;
        let places = reader.one_of("number of places for keys", 0, self.degree)?;
        if places == 1 && self.degree > 1 {
            let (expected, actual) = (ObjectKind::GaloisKeys, ObjectKind::RelinKeys);
            return Err(BytesRefusal::OtherKeys { expected, actual });
        }
        let mut elements = Vec::new();
        for place in 0..places as u32 {
            if self.switching_key(reader, "Galois key", form)? {
                elements.push(2 * place + 1);
            }
            if elements.len() > limits.galois_keys() {
                let (expected, actual) = (format!("at most {}", limits.galois_keys()), elements.len() as u64);
                return Err(BytesRefusal::Field { part: "number of keys", expected, actual });
            }
        }
        Ok(elements)
    }

    fn set_start(&self, reader: &mut Reader<'_>, part: &'static str) -> Walk<()> {
        if self.digits() == 0 {
            let expected = "at least 2 for key switching".into();
            return Err(BytesRefusal::Field { part: "number of primes of the parameters", expected, actual: 1 });
        }
        self.primes_of(reader, part, Place::Keys).map(|_| ())
    }

    /// A key of a set: a `PublicKey` for each digit. Returns whether the entry contains a key.
    fn switching_key(&self, reader: &mut Reader<'_>, part: &'static str, form: Form) -> Walk<bool> {
        let actual = reader.u64("number of digits")?;
        if actual == 0 {
            return Ok(false);
        }
        if actual != self.digits() as u64 {
            let expected = format!("0 or {}", self.digits());
            return Err(BytesRefusal::Field { part: "number of digits", expected, actual });
        }
        for _ in 0..self.digits() {
            reader.nested(part, |reader| self.ciphertext(reader, part, Place::Keys, form))?;
        }
        Ok(true)
    }
}

/// `prng_type`: BLAKE2xb or SHAKE256.
pub fn check_generator(kind: u8) -> Walk<()> {
    match kind {
        1 | 2 => Ok(()),
        _ => {
            let part = "the kind of random generator";
            Err(BytesRefusal::Field { part, expected: "1 or 2".into(), actual: kind.into() })
        }
    }
}

/// Decryption divides by the factor, which is a product of inverses of primes and therefore coprime to the modulus.
fn check_factor(actual: u64, modulus: u64) -> Walk<()> {
    let (mut a, mut b) = (actual, modulus);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    match a {
        1 => Ok(()),
        _ => {
            let expected = format!("a number coprime to {modulus}");
            Err(BytesRefusal::Field { part: "correction factor", expected, actual })
        }
    }
}

/// The differences of the schemes other than CKKS; CKKS is tested through its objects.
#[cfg(test)]
mod tests {
    use super::super::header::{Compression, Header};
    use super::*;

    const T: u64 = 97;
    const PRIMES: [u64; 3] = [12_289, 40_961, 61_441];

    fn bounds(ntt_ciphertexts: bool) -> Bounds {
        Bounds {
            degree: 2,
            primes: PRIMES.to_vec(),
            lowest_level: 0,
            level_ids: vec![[1; 32], [2; 32]],
            key_id: [3; 32],
            ntt_ciphertexts,
            plain_modulus: Some(T),
            correction_factor: ntt_ciphertexts,
        }
    }

    fn array(residues: &[u64]) -> Vec<u8> {
        let mut bytes = Header::of(0, Compression::None, Header::BYTES + 8 + 8 * residues.len()).to_vec();
        bytes.extend((residues.len() as u64).to_le_bytes());
        bytes.extend(residues.iter().flat_map(|residue| residue.to_le_bytes()));
        bytes
    }

    fn plaintext(id: u8, scale: f64, coefficients: &[u64]) -> Vec<u8> {
        let mut bytes = vec![id; 32];
        bytes.extend((coefficients.len() as u64).to_le_bytes());
        bytes.extend(scale.to_le_bytes());
        bytes.extend(array(coefficients));
        bytes
    }

    fn ciphertext(ntt: bool, scale: f64, factor: u64) -> Vec<u8> {
        let mut bytes = vec![1; 32];
        bytes.push(ntt.into());
        bytes.extend([2_u64, 2, 1].map(u64::to_le_bytes).concat());
        bytes.extend(scale.to_le_bytes());
        bytes.extend(factor.to_le_bytes());
        bytes.extend(array(&[5, 6, 7, 8]));
        bytes
    }

    #[test]
    fn plaintexts_modulo_a_number() {
        let read = |bytes: Vec<u8>| bounds(false).plaintext(&mut Reader::new(&bytes));
        assert_eq!(read(plaintext(0, 1.0, &[96, 0])), Ok(()));
        assert_eq!(read(plaintext(0, 1.0, &[96])), Ok(()));
        assert!(matches!(read(plaintext(0, 1.0, &[0, 97])), Err(BytesRefusal::Residue { index: 1, modulus: T, .. })));
        assert!(matches!(read(plaintext(0, 2.0, &[1])), Err(BytesRefusal::Scale { .. })));
        assert!(matches!(read(plaintext(1, 1.0, &[1])), Err(BytesRefusal::ForeignParameters { .. })));
        assert!(matches!(read(plaintext(0, 1.0, &[])), Err(BytesRefusal::Field { actual: 0, .. })));
        assert!(matches!(read(plaintext(0, 1.0, &[1; 3])), Err(BytesRefusal::Field { actual: 3, .. })));
    }

    #[test]
    fn ciphertexts_of_bfv_and_bgv() {
        let read = |bounds: Bounds, bytes: Vec<u8>| {
            bounds.ciphertext(&mut Reader::new(&bytes), "ciphertext", Place::Level, Form::Whole(2))
        };
        let (bfv, bgv) = (|| bounds(false), || bounds(true));
        assert_eq!(read(bfv(), ciphertext(false, 1.0, 1)), Ok(()));
        assert_eq!(read(bgv(), ciphertext(true, 1.0, 96)), Ok(()));
        for (bounds, ntt) in [(bfv(), true), (bgv(), false)] {
            assert!(matches!(read(bounds, ciphertext(ntt, 1.0, 1)), Err(BytesRefusal::Field { .. })));
        }
        for (bounds, ntt, factor) in [(bfv(), false, 2), (bgv(), true, 0), (bgv(), true, 97)] {
            let refusal = read(bounds, ciphertext(ntt, 1.0, factor));
            assert!(matches!(refusal, Err(BytesRefusal::Field { part: "correction factor", .. })), "{refusal:?}");
        }
        assert!(matches!(read(bgv(), ciphertext(true, 2.0, 1)), Err(BytesRefusal::Scale { .. })));
        let modulo_10 = || Bounds { plain_modulus: Some(10), ..bounds(true) };
        for factor in 1..10 {
            let is_taken = read(modulo_10(), ciphertext(true, 1.0, factor)).is_ok();
            assert_eq!(is_taken, [1, 3, 7, 9].contains(&factor), "{factor}");
        }
    }
}
