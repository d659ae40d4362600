//! The batches of a client: each is encrypted and sent when its turn comes.

use super::{Peer, Session};
use crate::{
    Result,
    backend::KeyHolder,
    program::{Of, Program},
};

/// A batch before it is encrypted: what is told in the clear, and slot vectors.
pub type Packed<P> = (<P as Program>::Part, Of<<P as Program>::Kept, Vec<f64>>);

/// Memory of the batches that a peer keeps, as ciphertexts, in bytes.
pub const KEPT_BYTES: usize = 256 << 20;

/// The batches of a client, which steps use in turn, and what its peer has of them. Any program whose calls name the first
/// of consecutive kept parts can use them.
///
/// If all of them have room at the peer, each is sent once, before the first step that uses it. Otherwise those of a
/// request travel with it, and the peer forgets them afterwards: memory does not grow with the number of samples.
pub struct Batches<B> {
    all: Vec<B>,
    /// As many as the peer may keep.
    most: usize,
    /// Whether the peer may have parts.
    sent: bool,
    /// `None` if what it has is not of use.
    kept: Option<Kept>,
}

/// Consecutive batches that a peer has, in the order in which they were sent.
struct Kept {
    /// The first one.
    first: usize,
    count: usize,
}

impl<B> Batches<B> {
    /// No batches yet, for a peer that may keep `most` of them.
    pub fn new(most: usize) -> Self {
        Batches { all: Vec::new(), most, sent: false, kept: None }
    }

    /// Changes how many the peer may keep.
    pub fn keep_at_most(&mut self, most: usize) {
        (self.most, self.kept) = (most, None);
    }

    /// Adds a batch.
    pub fn push(&mut self, batch: B) {
        self.all.push(batch);
        self.kept = None;
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &B> {
        self.all.iter()
    }

    /// The number of batches.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Sends what the peer lacks of `count` consecutive batches from number `from` on, counted over all epochs. Returns
    /// the place of the first one among the parts that the peer keeps; further ones follow it in turn.
    ///
    /// # Errors
    /// Any error of `pack`, of encryption or of the peer.
    pub fn send<K, S, P>(
        &mut self,
        session: &mut Session<K, S, P>,
        from: usize,
        count: usize,
        pack: impl Fn(&B) -> Result<Packed<P>>,
    ) -> Result<usize>
    where
        P: Program,
        S: Peer<P>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    {
        let all = self.all.len();
        if all == 0 {
            return Ok(0); // The peer refuses to compute with none.
        }
        let start = Kept { first: from % all, count: 0 };
        // After an error, nothing is known of the peer.
        let kept = match self.kept.take() {
            Some(kept) if all <= self.most => kept,
            _ if self.sent => {
                session.forget()?;
                start
            }
            _ => start,
        };
        let place = (from % all + all - kept.first) % all;
        let needed = place.saturating_add(count).min(all).max(kept.count);
        for next in kept.count..needed {
            let (part, data) = pack(&self.all[(kept.first + next) % all])?;
            self.sent = true;
            session.keep(&part, &data)?;
        }
        self.kept = Some(Kept { first: kept.first, count: needed });
        Ok(place)
    }
}
