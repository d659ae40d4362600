//! Parameters with all that belongs to them, for containers and for serde.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::container::Container;
use super::parameters;
use super::reader::Reader;
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::ffi::constants::SecurityLevel;
use crate::seal::Parameters;

/// Primes have no more, and neither have scales.
const MOST_SCALE_BITS: usize = 60;

/// What SEAL's form lacks, then SEAL's form.
pub fn pack(parameters: &Parameters) -> Vec<u8> {
    let mut bytes = (parameters.special_primes().len() as u64).to_le_bytes().to_vec();
    bytes.extend(u64::from(parameters.scale_bits()).to_le_bytes());
    bytes.extend(parameters.to_bytes());
    bytes
}

pub fn unpack(bytes: &[u8]) -> Result<Parameters, SealError> {
    unpacked(bytes, SecurityLevel::TC128)
}

pub fn insecure_unpack(bytes: &[u8]) -> Result<Parameters, SealError> {
    unpacked(bytes, SecurityLevel::NONE)
}

fn unpacked(bytes: &[u8], security: SecurityLevel) -> Result<Parameters, SealError> {
    let refused = |reason: BytesRefusal| SealError::Bytes { kind: ObjectKind::Parameters, reason };
    let mut reader = Reader::new(bytes);
    let special_count = reader.one_of("number of special primes", 1, bytes.len()).map_err(refused)?;
    let scale_bits = reader.one_of("bits of the scale", 0, MOST_SCALE_BITS).map_err(refused)?;
    let (degree, primes) = parameters::read(&bytes[bytes.len() - reader.remaining()..])?;
    Parameters::rebuilt(degree, &primes, special_count, scale_bits as u32, security)
}

/// Parameters as text: what a person would write down.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Parameters", deny_unknown_fields)]
struct Form {
    poly_modulus_degree: usize,
    data_primes: Vec<u64>,
    special_primes: Vec<u64>,
    scale_bits: u32,
}

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Form {
            poly_modulus_degree: self.poly_modulus_degree(),
            data_primes: self.data_primes().to_vec(),
            special_primes: self.special_primes().to_vec(),
            scale_bits: self.scale_bits(),
        }
        .serialize(serializer)
    }
}

/// Checked as new ones are, for 128-bit security: parameters that were made without do not come back.
impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Form { poly_modulus_degree, data_primes, special_primes, scale_bits } = Form::deserialize(deserializer)?;
        if scale_bits as usize > MOST_SCALE_BITS {
            return Err(de::Error::custom(format_args!(
                "scale_bits is {scale_bits}, at most {MOST_SCALE_BITS} are taken"
            )));
        }
        let (primes, special) = ([data_primes, special_primes.clone()].concat(), special_primes.len());
        Parameters::rebuilt(poly_modulus_degree, &primes, special, scale_bits, SecurityLevel::TC128)
            .map_err(de::Error::custom)
    }
}

/// As its bytes.
impl Serialize for Container {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.to_bytes())
    }
}

/// From its bytes, by the same checks.
impl<'de> Deserialize<'de> for Container {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

struct BytesVisitor;

impl<'de> de::Visitor<'de> for BytesVisitor {
    type Value = Container;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the bytes of a container")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Container, E> {
        Container::from_bytes(bytes).map_err(E::custom)
    }

    /// Formats without bytes of their own, such as JSON, have a list of numbers.
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Container, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = list.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}
