//! What computes the encrypted side, and on how many threads.

use std::fmt;

use clap::{Args, ValueEnum};
use rayon::ThreadPool;
use seal_nn::{SetupError, backend::KeySwitching};
use serde::{Deserialize, Serialize};

#[derive(Args)]
pub struct Threads {
    /// Threads [default: one for each processor]
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(Args)]
pub struct BackendArgs {
    #[command(flatten)]
    threads: Threads,

    /// What computes the encrypted side
    #[arg(long, value_enum, default_value_t = BackendName::Seal)]
    pub backend: BackendName,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BackendName {
    /// Microsoft SEAL's CKKS
    Seal,
    /// No encryption: the same levels, with noise of the size that SEAL gives
    Clear,
}

/// Who switches keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeySwitchingName {
    /// Ours: several special primes, hoisting
    Hybrid,
    /// SEAL's own calls
    Seal,
}

/// As it is written on the command line.
impl fmt::Display for KeySwitchingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeySwitchingName::Hybrid => "hybrid",
            KeySwitchingName::Seal => "seal",
        })
    }
}

impl From<KeySwitchingName> for KeySwitching {
    fn from(name: KeySwitchingName) -> KeySwitching {
        match name {
            KeySwitchingName::Hybrid => KeySwitching::Hybrid,
            KeySwitchingName::Seal => KeySwitching::Seal,
        }
    }
}

/// As it is written on the command line.
impl fmt::Display for BackendName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BackendName::Seal => "seal",
            BackendName::Clear => "clear",
        })
    }
}

/// More only contend for the work: a hundred thousand threads bring a machine to a standstill.
const MOST_THREADS: usize = 1024;

impl Threads {
    /// The threads to work on.
    pub fn pool(&self) -> anyhow::Result<ThreadPool> {
        if let Some(threads) = self.threads.filter(|threads| !(1..=MOST_THREADS).contains(threads)) {
            return Err(SetupError::BadSetting {
                setting: "--threads",
                actual: threads.to_string(),
                expected: "at least 1 and at most 1024",
            }
            .into());
        }
        Ok(rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).build()?)
    }
}

impl BackendArgs {
    /// The threads to work on.
    pub fn pool(&self) -> anyhow::Result<ThreadPool> {
        self.threads.pool()
    }

    /// Says so when nothing is encrypted.
    pub fn announce(&self) {
        if self.backend == BackendName::Clear {
            say!("backend     clear: nothing is encrypted; noise of the size that SEAL gives");
        }
    }
}
