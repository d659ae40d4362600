//! A server that many clients share, and the way to it: gRPC over TLS (feature `net`).
//!
//! [`serve`] runs the programs of [`protocol`](crate::protocol) for whoever its [`ServerSecurity`] lets in. A
//! [`Connection`] is a client's way to it: the [`Connect`](crate::protocol::wire::Connect) of a
//! [`Replaying`](crate::protocol::wire::Replaying) channel. Both block; nothing outside this module is asynchronous.
//!
//! What is sent is in `seal_nn.proto`, from which clients in other languages can be made. A session is a cache of what its
//! client sent: the server may forget it, and keeps nothing on a disk.

mod certificates;
mod client;
#[rustfmt::skip]
#[allow(clippy::all, reason = "made by a tool")]
mod generated;
mod identity;
mod pieces;
mod refusal;
mod server;
mod tls;

pub use certificates::{CertificateAuthority, CertificateFiles, Signed};
pub use client::{ClientSecurity, ClientSettings, Connection, OnWait};
pub use identity::{Token, Tokens};
pub use server::{ServerSecurity, ServerSettings, Stop, serve};
pub use tls::{Authority, ClientCertificates, ServerCertificates};

/// Windows of HTTP/2: those of a connection bound what comes in a round trip.
const STREAM_WINDOW: u32 = 8 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
/// Bytes of a frame of HTTP/2 that is taken: a piece at a time instead of the usual 16 KiB.
const FRAME: u32 = 512 << 10;
/// How often a silent peer is asked whether it is there, and how long it may take to say so.
const KEEPALIVE: std::time::Duration = std::time::Duration::from_secs(20);
