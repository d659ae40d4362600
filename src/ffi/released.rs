//! For tests: what C++ has in the memory that it gives back, or keeps in its pools. `new` and `delete` of the test program
//! are ours; once watched, a block that is given back is put aside as it is, instead of being freed, so that reading it
//! later reads no freed memory.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::Mutex;

unsafe extern "C" {
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// Address and bytes of every block that was made while watching. A block that was given back stays among them: nobody
/// uses it any more.
static BLOCKS: Mutex<Option<HashMap<usize, usize>>> = Mutex::new(None);

fn allocate(size: usize) -> *mut c_void {
    // SAFETY: any sizes will do. Zeros, so that all of a block can be read.
    let block = unsafe { calloc(size.max(1), 1) };
    if block.is_null() {
        std::process::abort(); // no exception can be thrown from here
    }
    if let Some(blocks) = BLOCKS.lock().unwrap_or_else(|e| e.into_inner()).as_mut() {
        blocks.insert(block as usize, size);
    }
    block
}

fn give_back(block: *mut c_void) {
    let watched = BLOCKS.lock().unwrap_or_else(|e| e.into_inner());
    if !watched.as_ref().is_some_and(|blocks| blocks.contains_key(&(block as usize))) {
        // SAFETY: delete gets what new returned, which calloc made, or null.
        unsafe { free(block) }
    }
}

// SAFETY (all of these): the names of operator new, new[], delete and delete[] (Itanium C++ ABI, 64 bits), which a program
// may define itself ([replacement.functions]).
#[unsafe(no_mangle)]
extern "C" fn _Znwm(size: usize) -> *mut c_void {
    allocate(size)
}
#[unsafe(no_mangle)]
extern "C" fn _Znam(size: usize) -> *mut c_void {
    allocate(size)
}
#[unsafe(no_mangle)]
extern "C" fn _ZdlPv(block: *mut c_void) {
    give_back(block);
}
#[unsafe(no_mangle)]
extern "C" fn _ZdaPv(block: *mut c_void) {
    give_back(block);
}
#[unsafe(no_mangle)]
extern "C" fn _ZdlPvm(block: *mut c_void, _size: usize) {
    give_back(block);
}
#[unsafe(no_mangle)]
extern "C" fn _ZdaPvm(block: *mut c_void, _size: usize) {
    give_back(block);
}

/// From now on blocks are put aside.
pub(crate) fn watch() {
    BLOCKS.lock().unwrap().get_or_insert_default();
}

/// The words of every block since. Only while no C++ code runs.
pub(crate) fn contents() -> Vec<Vec<u64>> {
    let blocks = BLOCKS.lock().unwrap();
    let read = |(&address, &size): (&usize, &usize)| {
        // SAFETY: the block was made with this size, all of it initialised, and is not freed; nobody writes to it.
        let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, size) };
        bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect()
    };
    blocks.as_ref().map(|blocks| blocks.iter().map(read).collect()).unwrap_or_default()
}

/// Has a block made by `new[]` with these words, and given back without clearing.
pub(crate) fn forget_to_clear(words: &[u64]) {
    let block = _Znam(size_of_val(words));
    // SAFETY: the block is as long as the words.
    unsafe { std::ptr::copy_nonoverlapping(words.as_ptr(), block.cast(), words.len()) };
    _ZdaPv(block);
}
