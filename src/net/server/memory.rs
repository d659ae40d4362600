//! Memory that is promised to sessions.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use crate::net::{generated::Reason, refusal::Refused};

/// The memory of all sessions.
pub(super) struct Memory {
    budget: usize,
    used: AtomicUsize,
}

impl Memory {
    pub fn new(budget: usize) -> Memory {
        Memory { budget, used: AtomicUsize::new(0) }
    }

    pub fn budget(&self) -> usize {
        self.budget
    }

    pub fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// Promises memory to a session.
    ///
    /// # Errors
    /// `TooLarge` for more than there is; `Busy` for more than is free.
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Result<Reserved, Refused> {
        let mib = |bytes: usize| bytes.div_ceil(1 << 20);
        let (needed, all) = (mib(bytes), mib(self.budget));
        if bytes > self.budget {
            let text = format!("the session needs {needed} MiB of memory, and there are {all} MiB for all sessions");
            return Err(Refused::new(Reason::TooLarge, text));
        }
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.budget);
        match self.used.fetch_update(Relaxed, Relaxed, fits) {
            Ok(_) => Ok(Reserved { memory: self.clone(), bytes }),
            Err(used) => {
                let free = (self.budget - used) >> 20;
                let text = format!("the session needs {needed} MiB of memory, and others leave {free} of {all} MiB");
                Err(Refused::new(Reason::Busy, text))
            }
        }
    }
}

/// Memory that is promised until this is dropped.
pub(super) struct Reserved {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_comes_back() {
        let memory = Arc::new(Memory::new(10 << 20));
        let first = memory.reserve(6 << 20).unwrap();
        let busy = memory.reserve(5 << 20).err().unwrap();
        assert_eq!(busy.reason, Reason::Busy);
        assert!(busy.text.contains("5 MiB") && busy.text.contains("4 of 10 MiB"), "{}", busy.text);
        assert_eq!(memory.reserve(11 << 20).err().unwrap().reason, Reason::TooLarge);
        assert_eq!(memory.reserve(usize::MAX).err().unwrap().reason, Reason::TooLarge);
        assert_eq!(memory.used(), 6 << 20);
        drop(first);
        assert_eq!(memory.used(), 0);
        memory.reserve(10 << 20).unwrap();
    }
}
