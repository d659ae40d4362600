//! The keys: `cpp/keys.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("keys.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type SecretKey;
        #[namespace = "seal"]
        type PublicKey;
        #[namespace = "seal"]
        type RelinKeys;
        #[namespace = "seal"]
        type GaloisKeys;

        fn secret_residues(key: &SecretKey) -> &[u64];
        #[cxx_name = "copy"]
        fn copy_secret_key(key: &SecretKey) -> Result<UniquePtr<SecretKey>>;
        #[cxx_name = "copy"]
        fn copy_public_key(key: &PublicKey) -> Result<UniquePtr<PublicKey>>;

        #[cxx_name = "byte_count"]
        fn public_key_byte_count(key: &PublicKey) -> Result<usize>;
        #[cxx_name = "byte_count"]
        fn relin_keys_byte_count(keys: &RelinKeys) -> Result<usize>;
        #[cxx_name = "byte_count"]
        fn galois_keys_byte_count(keys: &GaloisKeys) -> Result<usize>;

        fn galois_elements(keys: &GaloisKeys) -> Result<Vec<u32>>;
        fn galois_steps(context: &SEALContext, keys: &GaloisKeys) -> Result<Vec<i32>>;
        fn has_conjugation_key(context: &SEALContext, keys: &GaloisKeys) -> Result<bool>;
        fn prepare_permutations(context: &SEALContext, keys: &GaloisKeys) -> Result<()>;
    }

    // Made in keygenerator.h and bytes.h.
    impl UniquePtr<SecretKey> {}
    impl UniquePtr<PublicKey> {}
    impl UniquePtr<RelinKeys> {}
    impl UniquePtr<GaloisKeys> {}
}

pub(crate) use bridge::*;

// SAFETY (all of these): a key owns its polynomials; the pools they return them to have a lock (MemoryPoolMT), the
// secret key's own pool too. secretkey.h, publickey.h, relinkeys.h, galoiskeys.h: reading is thread-safe while nobody
// writes, and no function of the bridge writes to a key.
unsafe impl Send for SecretKey {}
unsafe impl Sync for SecretKey {}
unsafe impl Send for PublicKey {}
unsafe impl Sync for PublicKey {}
unsafe impl Send for RelinKeys {}
unsafe impl Sync for RelinKeys {}
unsafe impl Send for GaloisKeys {}
unsafe impl Sync for GaloisKeys {}
