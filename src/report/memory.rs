//! How much memory the process has.

use std::fs;

use serde::Serialize;

/// Resident memory of a run in bytes; `None` where the system does not tell (anywhere but on Linux).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// After the first step, when keys and encodings are there.
    pub after_first_step: Option<u64>,
    /// After the last step.
    pub after_last_step: Option<u64>,
    /// The most that the process ever had, keys being made included.
    pub peak: Option<u64>,
}

/// The resident set of this process in bytes (`VmRSS` of /proc/self/status); `None` anywhere but on Linux.
///
/// ```
/// let before = seal_nn::report::resident_bytes();
/// let zeros = vec![1u8; 100 << 20];
/// if let (Some(before), Some(after)) = (before, seal_nn::report::resident_bytes()) {
///     assert!(after > before + (90 << 20));
/// }
/// assert_eq!(zeros[7], 1);
/// ```
pub fn resident_bytes() -> Option<u64> {
    status("VmRSS:")
}

/// The largest [`resident_bytes`] there ever were (`VmHWM`).
pub fn peak_resident_bytes() -> Option<u64> {
    status("VmHWM:")
}

/// The bytes that a new process can have without swapping (`MemAvailable`); `None` where the system does not tell.
pub fn available_bytes() -> Option<u64> {
    field(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// A line of the kernel's status, in kibibytes.
fn status(name: &str) -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, name)
}

fn field(status: &str, name: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = value.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_status_are_read() {
        let status = "Name:\tseal-nn\nVmHWM:\t  912344 kB\nVmRSS:\t  712344 kB\n";
        assert_eq!(field(status, "VmRSS:"), Some(712_344 * 1024));
        assert_eq!(field(status, "VmHWM:"), Some(912_344 * 1024));
        for unreadable in ["", "VmRSS:\t kB", "VmRSS:\t-1 kB", "VmRSS:\t12 pages"] {
            assert_eq!(field(unreadable, "VmRSS:"), None, "{unreadable}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells() {
        let block = vec![1u8; 32 << 20];
        let used = block.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        assert!(peak_resident_bytes() > Some(used) && available_bytes() > Some(0));
    }
}
