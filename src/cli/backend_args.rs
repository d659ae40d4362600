//! The backend for the encrypted side, and the number of threads.

use std::fmt;

use clap::{Args, ValueEnum};
use rayon::ThreadPool;
use seal_nn::{backend::KeySwitching, seal::SecurityTable};
use serde::{Deserialize, Serialize};

use super::usage::UsageError;

#[derive(Args)]
pub struct Threads {
    /// Number of threads [default: one per processor]
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(Args)]
pub struct BackendArgs {
    #[command(flatten)]
    threads: Threads,

    /// Backend for the encrypted side
    #[arg(long, value_enum, default_value_t = BackendName::Seal)]
    pub backend: BackendName,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BackendName {
    /// Microsoft SEAL's CKKS
    Seal,
    /// No encryption; the same levels as SEAL, and noise of the same size
    Clear,
}

/// The implementation of key switching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeySwitchingName {
    /// Our implementation: several special primes, hoisting
    Hybrid,
    /// SEAL's own functions
    Seal,
}

/// The spelling on the command line.
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

/// The spelling on the command line.
impl fmt::Display for BackendName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BackendName::Seal => "seal",
            BackendName::Clear => "clear",
        })
    }
}

#[derive(Args)]
pub struct SecurityArgs {
    /// Table of the largest moduli at 128-bit security: the guidelines of 2024, or SEAL's own, which allows 1 to 13 bits
    /// more
    #[arg(long, value_enum, default_value_t = SecurityTableName::Guidelines)]
    security: SecurityTableName,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SecurityTableName {
    /// Security guidelines of 2024 (ePrint 2024/463)
    Guidelines,
    /// SEAL's table, that of the standard of 2018
    Seal,
}

impl SecurityArgs {
    /// The table.
    pub fn table(&self) -> SecurityTable {
        match self.security {
            SecurityTableName::Guidelines => SecurityTable::Guidelines2024,
            SecurityTableName::Seal => SecurityTable::Seal,
        }
    }
}

/// A hundred thousand threads would bring a machine to a standstill.
const MOST_THREADS: usize = 1024;

impl Threads {
    /// The thread pool to work on.
    pub fn pool(&self) -> anyhow::Result<ThreadPool> {
        Ok(rayon::ThreadPoolBuilder::new().num_threads(self.count()?).build()?)
    }

    /// Their number; 0 for one per processor.
    pub fn count(&self) -> Result<usize, UsageError> {
        if let Some(threads) = self.threads {
            UsageError::check_count("--threads", threads, 1..=MOST_THREADS, None)?;
        }
        Ok(self.threads.unwrap_or(0))
    }
}

impl BackendArgs {
    /// The thread pool to work on.
    pub fn pool(&self) -> anyhow::Result<ThreadPool> {
        self.threads.pool()
    }

    /// Prints a notice if nothing is encrypted.
    pub fn announce(&self) {
        if self.backend == BackendName::Clear {
            say!("backend     clear: nothing is encrypted; noise has the size of SEAL's");
        }
    }
}
