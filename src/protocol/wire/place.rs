//! Where the programs of sessions run.

use super::{Announcement, Host, Offer};
use crate::Result;

/// A place where the programs of sessions run: this process, or several that run them together.
pub trait Place: Send + Sync {
    /// Opens a session: `offer` is the plan of what was announced, and `keys` the bytes of its evaluation keys.
    ///
    /// # Errors
    /// As [`Offer::open`]; any error of the place.
    fn open(&self, announced: &[Announcement], offer: &Offer, keys: &[u8]) -> Result<Vec<Box<dyn Host>>>;
}

/// This process.
#[derive(Clone, Copy, Debug)]
pub struct Here;

impl Place for Here {
    fn open(&self, _: &[Announcement], offer: &Offer, keys: &[u8]) -> Result<Vec<Box<dyn Host>>> {
        offer.open(keys)
    }
}
