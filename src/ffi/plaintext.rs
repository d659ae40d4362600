//! `Plaintext`: `cpp/plaintext.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("plaintext.h");

        #[namespace = "seal"]
        type Plaintext;

        fn scale(self: &Plaintext) -> &f64;
        fn coeff_count(self: &Plaintext) -> usize;
        fn is_zero(self: &Plaintext) -> bool;

        // Without Result: out of memory ends the program, as it does in Rust's own clones.
        fn copy_plaintext(plaintext: &Plaintext) -> UniquePtr<Plaintext>;
        #[cxx_name = "byte_count"]
        fn plaintext_byte_count(plaintext: &Plaintext) -> Result<usize>;

        fn plaintext_of(coefficients: &[u64]) -> Result<UniquePtr<Plaintext>>;
        fn copy_coefficients(plaintext: &Plaintext, to: &mut [u64]) -> Result<()>;
    }
}

pub(crate) use bridge::*;

// SAFETY: a Plaintext owns its coefficients; the pool it returns them to has a lock (MemoryPoolMT).
unsafe impl Send for Plaintext {}
// SAFETY: plaintext.h: reading is thread-safe while nobody writes, and writing takes a Pin<&mut>.
unsafe impl Sync for Plaintext {}
