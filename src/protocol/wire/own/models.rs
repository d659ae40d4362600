//! The models of a server, by name.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{
    Result,
    error::SessionError,
    nn::head::{Head, HeadShape},
};

/// A model of the server's own.
pub struct OwnModel {
    head: Head,
    shape: HeadShape,
    card: Bytes,
}

impl OwnModel {
    /// Of a head. The card is what clients are told of it, such as how rows are prepared, in a form that they read.
    ///
    /// # Errors
    /// `ActivationNotEncryptable` if the activation has no encrypted form.
    pub fn new(head: Head, card: impl Into<Bytes>) -> Result<OwnModel> {
        Ok(OwnModel { shape: HeadShape::without_soft_argmax(&head)?, head, card: card.into() })
    }

    /// The weights, which stay here.
    pub(in crate::protocol) fn head(&self) -> &Head {
        &self.head
    }

    /// What clients know of it: widths and activation.
    pub fn shape(&self) -> &HeadShape {
        &self.shape
    }
}

/// The models that a server answers for, by name; by default none.
#[derive(Default)]
pub struct Models(BTreeMap<String, OwnModel>);

impl Models {
    /// Adds a model, or puts it in the place of an earlier one of that name.
    pub fn add(&mut self, name: &str, model: OwnModel) {
        self.0.insert(name.to_owned(), model);
    }

    /// The card of each model, by name.
    pub fn cards(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.0.iter().map(|(name, model)| (name.as_str(), &model.card))
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The model of that name.
    ///
    /// # Errors
    /// `UnknownModel`.
    pub fn get(&self, name: &str) -> Result<&OwnModel> {
        let unknown = || {
            let known = self.names().map(str::to_owned).collect();
            SessionError::UnknownModel { known, actual: name.into() }.into()
        };
        self.0.get(name).ok_or_else(unknown)
    }
}
