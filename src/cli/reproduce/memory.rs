//! Memory, where the system tells: Linux in its files under /proc.

use std::fs;

/// The largest resident memory of this process so far.
pub fn peak() -> Option<u64> {
    field("/proc/self/status", "VmHWM:")
}

/// Memory that a new process can have without swapping.
pub fn available() -> Option<u64> {
    field("/proc/meminfo", "MemAvailable:")
}

/// The bytes on the line of that name, which gives them as `name: 123 kB`.
fn field(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_tells() {
        let block = vec![1u8; 32 << 20];
        let used = block.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        assert!(peak() > Some(used) && available() > Some(0));
    }
}
