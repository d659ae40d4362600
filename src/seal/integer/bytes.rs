//! The objects to bytes and back, by the same walk as those of CKKS: see [`Bytes`](crate::seal::Bytes).

use cxx::UniquePtr;
use zeroize::Zeroizing;

use super::super::bytes::entries::{self, EntryKind, packed};
use super::super::bytes::{
    Bounded, Bounds, Format, Limits, SeededFormat, Shape, loading, saving, shape, whole, whole_and_seeded,
};
use super::{Ciphertext, Context, GaloisKeys, IntegerScheme, Parameters, Plaintext, PublicKey, RelinKeys, SecretKey};
use crate::Level;
use crate::error::SealError;
use crate::ffi::bytes as ffi;
use crate::seal::{Bytes, Packed, Scheme, Seeded};

impl<S: IntegerScheme> Bounded for Context<S> {
    type Parameters = Parameters<S>;
    type SecretKey = SecretKey<S>;

    fn parameters(&self) -> &Parameters<S> {
        self.parameters()
    }

    fn agrees_with(&self, other: &Context<S>) -> bool {
        Context::agrees_with(self, other)
    }

    fn bounds(&self) -> Result<Bounds, SealError> {
        let (parameters, lowest) = (self.parameters(), self.lowest_level().0);
        Ok(Bounds {
            degree: parameters.poly_modulus_degree(),
            primes: parameters.primes().collect(),
            lowest_level: lowest,
            level_ids: (lowest..=self.top_level().0)
                .map(|level| self.parms_id(Level(level)))
                .collect::<Result<_, _>>()?,
            key_id: self.key_parms_id()?,
            ntt_ciphertexts: self.keeps_transformed()?,
            plain_modulus: Some(parameters.plain_modulus()),
            correction_factor: S::SCHEME == Scheme::Bgv,
        })
    }
}

impl<S: IntegerScheme> Ciphertext<S> {
    /// Like [`from_bytes`](Bytes::from_bytes), and also accepts products of three components that have not been
    /// relinearised.
    ///
    /// # Errors
    /// As there.
    pub fn from_bytes_unrelinearized(context: &Context<S>, bytes: &[u8]) -> Result<Ciphertext<S>, SealError> {
        Ciphertext::from_bytes_within(context, bytes, &Limits::default().unrelinearized())
    }
}

whole!([S] Plaintext, PLAINTEXT, Vec<u8>, Self::serialized_bytes, save_plaintext, load_plaintext,
    |context: &Context<S>, raw| Ok(Plaintext { raw, context: context.clone() }));

whole!([S] SecretKey, SECRET_KEY, Zeroizing<Vec<u8>>,
    |key: &SecretKey<S>| ffi::secret_key_byte_count(&key.raw).map_err(saving), save_secret_key, load_secret_key,
    |context: &Context<S>, raw| Ok(SecretKey { raw, context: context.clone() }));

whole_and_seeded!([S] Ciphertext, CIPHERTEXT, save_ciphertext, load_ciphertext,
    |context: &Context<S>, raw| Ok(Ciphertext { raw, context: context.clone() }));

whole_and_seeded!([S] PublicKey, PUBLIC_KEY, save_public_key, load_public_key,
    |context: &Context<S>, raw| Ok(PublicKey { raw, context: context.clone() }));

whole_and_seeded!([S] RelinKeys, RELIN_KEYS, save_relin_keys, load_relin_keys,
    |context: &Context<S>, raw| Ok(RelinKeys { raw, context: context.clone() }));

whole_and_seeded!([S] GaloisKeys, GALOIS_KEYS, save_galois_keys, load_galois_keys,
    |context: &Context<S>, raw: UniquePtr<_>| GaloisKeys::new(context, raw));

packed!([S] PublicKey: PUBLIC_KEY, SEEDED_PUBLIC_KEY);
packed!([S] RelinKeys: RELIN_KEYS, SEEDED_RELIN_KEYS);
packed!([S] GaloisKeys: GALOIS_KEYS, SEEDED_GALOIS_KEYS);
packed!([S] Ciphertext: CIPHERTEXT, SEEDED_CIPHERTEXT);
