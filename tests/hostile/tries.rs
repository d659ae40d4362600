//! A child's tries: under a limit of memory, each noted beforehand and timed.

use std::{
    env, fs,
    io::{Seek, SeekFrom, Write},
    process::{self, Command},
};

use cpu_time::ProcessTime;
use seal_nn::{Error, SealError};

/// Above the largest object.
const SPARE_MIB: u64 = 64;

/// Set by `tools/sanitize/run.py`: AddressSanitizer takes terabytes of addresses, and limits memory itself.
const LIMITED_ELSEWHERE: &str = "SEAL_NN_HOSTILE_LIMITED_ELSEWHERE";

/// What a loader refuses with.
pub trait Refusal {
    /// The error of SEAL's layer, if it is one.
    fn of_seal(&self) -> Option<&SealError>;
}

impl Refusal for SealError {
    fn of_seal(&self) -> Option<&SealError> {
        Some(self)
    }
}

impl Refusal for Error {
    fn of_seal(&self) -> Option<&SealError> {
        match self {
            Error::Seal(error) => Some(error),
            _ => None,
        }
    }
}

pub struct Tries {
    notes: fs::File,
    tried: usize,
    accepted: usize,
}

impl Tries {
    pub fn new(notes: fs::File) -> Tries {
        Tries { notes, tried: 0, accepted: 0 }
    }

    pub fn tried(&self) -> usize {
        self.tried
    }

    /// From here on the process gets no more memory than the largest object and some: of addresses, of which there are
    /// never fewer than of memory.
    pub fn limit_memory(&self, largest_object: usize) {
        if env::var_os(LIMITED_ELSEWHERE).is_some() {
            return;
        }
        let now = field("/proc/self/status", "VmSize:") * 1024;
        let most = now + (SPARE_MIB << 20) + largest_object as u64;
        let limited =
            Command::new("prlimit").args([&format!("--pid={}", process::id()), &format!("--as={most}")]).status();
        assert!(limited.expect("prlimit, of util-linux").success());
    }

    /// Nothing but a typed error, of our own checks, or an object. `what` says what to do to see it again.
    pub fn attempt<T, X: Refusal>(&mut self, what: &str, load: impl FnOnce() -> Result<T, X>) -> Result<T, X> {
        // Over the last note: of all notes only the last one matters.
        self.notes.seek(SeekFrom::Start(0)).unwrap();
        self.notes.write_all(format!("{what}\n{:>80}", "").as_bytes()).unwrap();
        self.tried += 1;
        // Others on the machine and pauses do not count.
        let before = ProcessTime::now();
        let loaded = load();
        let took = before.elapsed();
        assert!(took < crate::MOST_TIME, "{what}: {took:?}");
        match &loaded {
            Ok(_) => self.accepted += 1,
            // What SEAL had to refuse went through our checks.
            Err(refusal) => {
                if let Some(SealError::Library { class, message, .. }) = refusal.of_seal() {
                    panic!("{what}: left to SEAL: {class:?}: {message}");
                }
            }
        }
        loaded
    }

    pub fn summary(&self) -> String {
        let peak = field("/proc/self/status", "VmHWM:") / 1024;
        format!("{} tried, {} accepted, {peak} MiB at most", self.tried, self.accepted)
    }
}

fn field(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    value.trim().trim_end_matches(" kB").trim().parse().unwrap()
}
