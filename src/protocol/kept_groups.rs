//! The groups of samples that a peer keeps.

use std::collections::HashMap;

/// Which groups a peer keeps, and where: each is sent before the first step that uses it, so that a training begins at
/// once, and one of few steps sends no more than it needs.
#[derive(Debug, Default)]
pub struct KeptGroups {
    places: HashMap<usize, usize>,
}

impl KeptGroups {
    /// The groups among these that the peer does not have.
    pub(super) fn missing(&self, groups: &[usize]) -> Vec<usize> {
        groups.iter().copied().filter(|group| !self.places.contains_key(group)).collect()
    }

    /// Takes note that a group was sent.
    pub(super) fn add(&mut self, group: usize) {
        let place = self.places.len();
        self.places.insert(group, place);
    }

    /// The places of groups in the order in which they were sent.
    pub(super) fn places(&self, groups: &[usize]) -> Vec<usize> {
        groups.iter().filter_map(|group| self.places.get(group).copied()).collect()
    }
}
