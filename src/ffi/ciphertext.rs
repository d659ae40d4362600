//! `Ciphertext`: `cpp/ciphertext.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("ciphertext.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Ciphertext;

        fn new_ciphertext(context: &SEALContext, level: usize, scale: f64) -> Result<UniquePtr<Ciphertext>>;
        // Without Result: they read where the residues are.
        fn residues(ciphertext: &Ciphertext) -> &[u64];
        fn residues_mut(ciphertext: Pin<&mut Ciphertext>) -> &mut [u64];
        fn scale(self: &Ciphertext) -> &f64;
        fn size(self: &Ciphertext) -> usize;
        fn coeff_modulus_size(self: &Ciphertext) -> usize;
        fn set_scale(ciphertext: Pin<&mut Ciphertext>, scale: f64);

        // Without Result: out of memory ends the program, as it does in Rust's own clones.
        #[cxx_name = "copy"]
        fn copy_ciphertext(ciphertext: &Ciphertext) -> UniquePtr<Ciphertext>;
        #[cxx_name = "byte_count"]
        fn ciphertext_byte_count(ciphertext: &Ciphertext) -> Result<usize>;
    }
}

pub(crate) use bridge::*;

// SAFETY: a Ciphertext owns its coefficients; the pool it returns them to has a lock (MemoryPoolMT).
unsafe impl Send for Ciphertext {}
// SAFETY: ciphertext.h: reading is thread-safe while nobody writes, and writing takes a Pin<&mut>.
unsafe impl Sync for Ciphertext {}
