//! What poulpy transforms with. It decides this at compile time.

#[cfg(feature = "ifma")]
mod chosen {
    /// Three primes of 42 bits, in AVX-512 with IFMA.
    pub type Engine = poulpy_cpu_avx512::NTT3x42Ifma;
    pub const NAME: &str = "AVX-512 with IFMA (NTT3x42Ifma)";
}

#[cfg(all(feature = "avx2", not(feature = "ifma")))]
mod chosen {
    /// Four primes of 30 bits, in AVX2.
    pub type Engine = poulpy_cpu_avx::NTT4x30Avx;
    pub const NAME: &str = "AVX2 (NTT4x30Avx)";
}

#[cfg(not(any(feature = "avx2", feature = "ifma")))]
mod chosen {
    /// Four primes of 30 bits, in plain Rust.
    pub type Engine = poulpy_cpu_portable::NTT4x30Portable;
    pub const NAME: &str = "plain Rust (NTT4x30Portable)";
}

pub use chosen::Engine;

/// What [`Engine`] is, to be said beside every time.
pub const ENGINE: &str = chosen::NAME;

pub(crate) type Ct = poulpy_ckks::layouts::CKKSCiphertextOwned<Engine>;
pub(crate) type Pt = poulpy_ckks::layouts::CKKSPlaintextOwned<Engine>;
