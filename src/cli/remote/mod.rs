//! The server of a command, when it is another process.

#[cfg(not(feature = "serve"))]
mod absent;
mod line;
#[cfg(feature = "serve")]
mod metered;
#[cfg(feature = "serve")]
mod server;

#[cfg(not(feature = "serve"))]
pub use absent::{Server, ServerArgs};
pub use line::Line;
#[cfg(feature = "serve")]
pub use server::{Server, ServerArgs};
