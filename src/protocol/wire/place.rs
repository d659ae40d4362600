//! Where the programs of sessions run.

use std::path::Path;

use super::{Announcement, Host, Offer};
use crate::Result;

/// A place where the programs of sessions run: this process, or several that run them together.
pub trait Place: Send + Sync {
    /// Opens a session: `offer` is the plan of what was announced, and `keys` the bytes of its evaluation keys. In the folder of
    /// checkpoints, calls of many steps leave what they have reached, where a place does so.
    ///
    /// # Errors
    /// As [`Offer::open`]; any error of the place.
    fn open(
        &self,
        announced: &[Announcement],
        offer: &Offer,
        keys: Vec<u8>,
        checkpoints: Option<&Path>,
    ) -> Result<Vec<Box<dyn Host>>>;
}

/// This process.
#[derive(Clone, Copy, Debug)]
pub struct Here;

impl Place for Here {
    fn open(
        &self,
        _: &[Announcement],
        offer: &Offer,
        keys: Vec<u8>,
        checkpoints: Option<&Path>,
    ) -> Result<Vec<Box<dyn Host>>> {
        offer.open_with(keys, checkpoints)
    }
}
