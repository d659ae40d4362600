//! A program that was built without a network: no command has a server elsewhere.

use clap::Args;
use seal_nn::{
    Result,
    backend::{EvaluationKeys, KeySwitching},
    protocol::wire::{Announcement, Channel},
};

use super::Line;
use crate::cli::backend_args::BackendName;

/// No options.
#[derive(Args)]
pub struct ServerArgs {}

/// There is none.
pub enum Server {}

/// The way to it.
pub enum NoChannel {}

impl ServerArgs {
    pub fn server(&self, _: BackendName, _: KeySwitching) -> anyhow::Result<Option<Server>> {
        Ok(None)
    }
}

impl Server {
    pub fn channel(&self, _: Vec<Announcement>, _: &EvaluationKeys) -> Result<NoChannel> {
        match *self {}
    }

    pub fn line(&self) -> Line {
        match *self {}
    }

    pub fn announce(&self) {
        match *self {}
    }
}

impl Channel for NoChannel {
    fn keep(&mut self, _: usize, _: Vec<u8>) -> Result<()> {
        match *self {}
    }

    fn forget(&mut self, _: usize) -> Result<()> {
        match *self {}
    }

    fn call(&mut self, _: usize, _: bool, _: Vec<u8>) -> Result<Vec<u8>> {
        match *self {}
    }
}
