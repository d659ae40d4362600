//! A program that was built without a network: no command has a server elsewhere.

use bytes::Bytes;
use clap::Args;
use seal_nn::{
    Result,
    backend::{EvaluationKeys, KeySwitching},
    program::{self, Plan},
    protocol::wire::{Announcement, Channel, Opening},
};

use super::Line;
use crate::cli::{backend_args::BackendName, usage::UsageError};

/// What others have for a server elsewhere.
#[derive(Args)]
pub struct ServerArgs {
    #[arg(long, hide = true)]
    server: Option<String>,
}

/// There is none.
pub enum Server {}

/// The way to it.
pub enum NoChannel {}

impl ServerArgs {
    pub fn line(&self) -> Option<program::Line> {
        None
    }

    pub fn server(&self, _: BackendName, _: KeySwitching) -> anyhow::Result<Option<Server>> {
        match self.server {
            None => Ok(None),
            Some(_) => Err(UsageError::NotBuilt { flag: "--server", feature: "serve" }.into()),
        }
    }
}

impl Server {
    pub fn channel(&self, _: Vec<Announcement>, _: &EvaluationKeys, _: &Plan) -> Result<NoChannel> {
        match *self {}
    }

    pub fn models(&self) -> Result<Vec<(String, Bytes)>> {
        match *self {}
    }

    pub fn open(&self, _: Opening, _: f64) -> Result<NoChannel> {
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
