//! Tests of `src/net`: servers and clients on 127.0.0.1.
#![allow(dead_code, reason = "the tasks and the kit of other programs")]

#[path = "../kit/mod.rs"]
mod kit;
#[path = "../protocol/wire/tasks.rs"]
mod tasks;

/// A client that knows seal_nn.proto and nothing else.
#[rustfmt::skip]
#[allow(clippy::all)]
#[path = "../../src/net/generated.rs"]
mod generated;

mod admission;
mod bootstrapped;
mod certificates;
mod hostile;
mod identity;
mod operation;
mod own;
mod proxy;
mod raw;
mod requests;
mod running;
mod training;
mod trainings;
