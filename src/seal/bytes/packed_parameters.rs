//! Complete parameters for containers and for serde.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::container::Container;
use super::parameters;
use super::reader::Reader;
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::ffi::constants::SecurityLevel;
use crate::seal::common::{self, SchemeType};
use crate::seal::{Parameters, ParametersBuilder, Scheme};

/// The largest number of bits of primes and of scales.
const MOST_SCALE_BITS: usize = 60;

/// Parameters that a container accepts: those of CKKS, and of [`integer`](crate::seal::integer). The trait cannot be
/// implemented outside the crate.
pub trait PackedParameters: Sized {
    #[doc(hidden)]
    fn packed(&self) -> Vec<u8>;
    /// Checked like new parameters, for the given security level.
    #[doc(hidden)]
    fn unpacked(bytes: &[u8], security: SecurityLevel) -> Result<Self, SealError>;
}

/// Fields that SEAL's form lacks: with BFV and BGV as many special primes as SEAL takes, and 0 bits of scale.
pub struct Lacking {
    pub special_primes: usize,
    pub scale_bits: usize,
}

impl Lacking {
    /// The fields followed by SEAL's format of the parameters.
    pub fn before(&self, of_seal: Vec<u8>) -> Vec<u8> {
        let fields = [self.special_primes, self.scale_bits].map(|field| (field as u64).to_le_bytes());
        [fields.concat(), of_seal].concat()
    }

    /// The fields, and the bytes of SEAL's format that follow.
    pub fn read(bytes: &[u8]) -> Result<(Lacking, &[u8]), SealError> {
        let mut reader = Reader::new(bytes);
        let special_primes = reader.one_of("number of special primes", 0, bytes.len()).map_err(refused)?;
        let scale_bits = reader.one_of("bits of the scale", 0, MOST_SCALE_BITS).map_err(refused)?;
        Ok((Lacking { special_primes, scale_bits }, &bytes[bytes.len() - reader.remaining()..]))
    }
}

/// The scheme of packed parameters.
pub fn scheme_of(bytes: &[u8]) -> Result<Scheme, SealError> {
    parameters::scheme_of(Lacking::read(bytes)?.1)
}

fn refused(reason: BytesRefusal) -> SealError {
    SealError::Bytes { kind: ObjectKind::Parameters, reason }
}

impl<S: SchemeType> PackedParameters for common::Parameters<S> {
    fn packed(&self) -> Vec<u8> {
        let (special_primes, scale_bits) = (self.special_primes.len(), self.scale_bits as usize);
        Lacking { special_primes, scale_bits }.before(self.to_bytes())
    }

    fn unpacked(bytes: &[u8], security: SecurityLevel) -> Result<Self, SealError> {
        let (lacking, of_seal) = Lacking::read(bytes)?;
        (S::CHECK)(parameters::read(of_seal, S::SCHEME)?, Some(lacking), security)
    }
}

/// Parameters as text, in the form in which a person would write them.
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
            scale_bits: self.scale_bits,
        }
        .serialize(serializer)
    }
}

/// Checked like new parameters, for 128-bit security: insecure parameters cannot be deserialised.
impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Form::deserialize(deserializer)?.parameters(|builder| builder)
    }
}

/// Parameters that are deserialised without the security check, for tests and experiments only.
#[derive(Clone, Debug, PartialEq)]
pub struct InsecureParameters(pub Parameters);

impl From<InsecureParameters> for Parameters {
    fn from(parameters: InsecureParameters) -> Parameters {
        parameters.0
    }
}

impl<'de> Deserialize<'de> for InsecureParameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(deserializer)?;
        form.parameters(ParametersBuilder::insecure).map(InsecureParameters)
    }
}

impl Form {
    fn parameters<E: de::Error>(
        self,
        level_of_security: impl FnOnce(ParametersBuilder) -> ParametersBuilder,
    ) -> Result<Parameters, E> {
        let Form { poly_modulus_degree, data_primes, special_primes, scale_bits } = self;
        if scale_bits as usize > MOST_SCALE_BITS {
            return Err(E::custom(format_args!("scale_bits is {scale_bits}, at most {MOST_SCALE_BITS} are taken")));
        }
        let primes = [data_primes, special_primes.clone()].concat();
        let builder = Parameters::builder().degree(poly_modulus_degree).primes(&primes);
        let builder = builder.special_primes(special_primes.len()).scale_bits(scale_bits);
        level_of_security(builder).build().map_err(E::custom)
    }
}

/// Serialised as its bytes.
impl Serialize for Container<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.to_bytes())
    }
}

/// Deserialised from its bytes, with the same checks.
impl<'de> Deserialize<'de> for Container<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

struct BytesVisitor;

impl<'de> de::Visitor<'de> for BytesVisitor {
    type Value = Container<'static>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the bytes of a container")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Container<'static>, E> {
        Container::from_bytes(bytes).map(Container::into_owned).map_err(E::custom)
    }

    /// Formats without byte strings, such as JSON, have a list of numbers.
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Container<'static>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = list.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}
