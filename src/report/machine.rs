//! The machine behind a figure.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the speed of a run depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name, where the system tells it.
    pub cpu: Option<String>,
    /// Whether the processor has AVX2.
    pub avx2: bool,
    /// Whether it has AVX512-IFMA, with which Intel HEXL is fast.
    pub avx512ifma: bool,
    /// Whether SEAL was built with Intel HEXL.
    pub hexl: bool,
    /// Threads that computed.
    pub threads: usize,
}

impl Machine {
    /// This machine; the caller knows about the build and the threads.
    pub fn detect(hexl: bool, threads: usize) -> Machine {
        let (avx2, avx512ifma) = vector_units();
        Machine { cpu: cpu_name(), avx2, avx512ifma, hexl, threads }
    }
}

/// On one line.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = |there| if there { "yes" } else { "no" };
        let cpu = self.cpu.as_deref().unwrap_or("unnamed processor");
        let units = [("AVX2", self.avx2), ("AVX512-IFMA", self.avx512ifma), ("HEXL", self.hexl)];
        let units = units.map(|(name, there)| format!("{name} {}", has(there)));
        write!(f, "{cpu}; {}; {} thread(s)", units.join(", "), self.threads)
    }
}

#[cfg(target_arch = "x86_64")]
fn vector_units() -> (bool, bool) {
    (is_x86_feature_detected!("avx2"), is_x86_feature_detected!("avx512ifma"))
}

#[cfg(not(target_arch = "x86_64"))]
fn vector_units() -> (bool, bool) {
    (false, false)
}

/// Linux's name for the processor; other systems have no file to ask.
fn cpu_name() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let (_, name) = info.lines().find(|line| line.starts_with("model name"))?.split_once(':')?;
    Some(name.trim().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detection_keeps_what_it_is_told() {
        let machine = Machine::detect(true, 3);
        assert!(machine.hexl && machine.threads == 3);
        assert!(machine.avx2 || !machine.avx512ifma, "no processor has AVX512-IFMA without AVX2");
    }
}
