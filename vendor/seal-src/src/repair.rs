//! A fault of SEAL that has no remedy outside of it, repaired in the copy that is built.
//!
//! SEAL's thread-safe memory pool takes a spin lock, allocates, and releases the lock: an allocation that throws keeps it,
//! and the next thread that takes a block from the pool or returns one waits for ever. The pool of `seal-nn` takes the
//! place of SEAL's global one, but not of those that SEAL makes for secrets.

use std::fs;
use std::path::Path;

use crate::{Error, Result};

/// The file in a tree.
const FILE: &str = "native/src/seal/util/mempool.cpp";
/// The function, and the line of it that follows the locking.
const FUNCTION: &str = "MemoryPoolItem *MemoryPoolHeadMT::get()";
const AFTER_LOCKING: &str = "MemoryPoolItem *old_first = first_item_;";

/// What comes before that line.
pub const GUARD: &str = "struct Unlock
            {
                atomic<bool> &locked;
                int exceptions = uncaught_exceptions();
                ~Unlock()
                {
                    if (uncaught_exceptions() > exceptions)
                    {
                        locked.store(false, memory_order_release);
                    }
                }
            } unlock_on_exception{ locked_ };
            ";

/// Repairs a copied tree. A tree in which the place is not found is left as it is: its pool is another one.
pub fn apply(tree: &Path) -> Result<()> {
    let path = tree.join(FILE);
    let Ok(text) = fs::read_to_string(&path) else { return Ok(()) };
    match repaired(&text) {
        Some(text) => fs::write(&path, text).map_err(Error::io("write", path)),
        None => Ok(()),
    }
}

fn repaired(text: &str) -> Option<String> {
    let function = text.find(FUNCTION)?;
    let place = function + text[function..].find(AFTER_LOCKING)?;
    Some(format!("#include <atomic>\n#include <exception>\n{}{GUARD}{}", &text[..place], &text[place..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_guarded_where_it_was_taken() {
        let text =
            format!("void add() {{ {AFTER_LOCKING} }}\n{FUNCTION}\n{{\nlock();\n{AFTER_LOCKING}\nnew item;\n}}\n");
        let repaired = repaired(&text).unwrap();
        let [before, after] = repaired.split(GUARD).collect::<Vec<_>>()[..] else { panic!("{repaired}") };
        assert!(before.ends_with("lock();\n") && after.starts_with(AFTER_LOCKING), "{repaired}");
    }

    #[test]
    fn other_pools_are_left_alone() {
        assert_eq!(repaired("MemoryPoolItem *MemoryPoolHeadMT::get() { const lock_guard lock(mutex_); }"), None);
        let tree = tempfile::tempdir().unwrap();
        apply(tree.path()).unwrap();
    }
}
