//! Work on the threads of the current pool.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

/// Maps `items` on all threads; the results are in the order of the items.
///
/// rayon's own adapters are compiled anew for every closure, some fifty functions for each. That was a third of this
/// crate, in the library, in the program and in every test. Here they are compiled once.
pub(crate) fn map<T: Send, U: Send>(items: impl IntoIterator<Item = T>, f: impl Fn(T) -> U + Sync) -> Vec<U> {
    let items: Vec<_> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    let results: Vec<_> = items.iter().map(|_| Mutex::new(None)).collect();
    for_each(items.len(), &|i| {
        let Some(item) = lock(&items[i]).take() else { return };
        let result = f(item);
        *lock(&results[i]) = Some(result);
    });
    results.into_iter().filter_map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// Like [`map`], where `f` can fail.
///
/// # Errors
/// An error of `f`. After one, items that have not been started are left out.
#[cfg(feature = "nn")]
pub(crate) fn try_map<T: Send, U: Send>(
    items: impl IntoIterator<Item = T>,
    f: impl Fn(T) -> crate::Result<U> + Sync,
) -> crate::Result<Vec<U>> {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    let failed = AtomicBool::new(false);
    let results =
        map(items, |item| (!failed.load(Relaxed)).then(|| f(item).inspect_err(|_| failed.store(true, Relaxed))));
    results.into_iter().flatten().collect()
}

fn for_each(count: usize, f: &(dyn Fn(usize) + Sync)) {
    (0..count).into_par_iter().for_each(f);
}

/// Nothing panics while it holds one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        assert_eq!(map(0..1000, |i| i * i), (0..1000).map(|i| i * i).collect::<Vec<_>>());
        assert!(map([(); 0], |()| 1).is_empty());
    }

    #[cfg(feature = "nn")]
    #[test]
    fn an_error_ends_it() {
        let started = Mutex::new(0);
        let result = try_map(0..1_000_000, |_| -> crate::Result<()> {
            *lock(&started) += 1;
            Err(crate::SealError::MissingConjugationKey.into())
        });
        assert!(result.is_err());
        // One for each thread at most.
        assert!(*lock(&started) <= rayon::current_num_threads());
    }

    #[test]
    fn maps_can_be_nested() {
        let sums = map(0..20_u64, |i| map(0..i, |j| j).iter().sum::<u64>());
        assert_eq!(sums, (0..20).map(|i| (0..i).sum()).collect::<Vec<u64>>());
    }
}
