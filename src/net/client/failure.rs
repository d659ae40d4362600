//! What a failure means: to try again, to begin anew, or to give up.

use std::{error::Error as StdError, time::Duration};

use tonic::{Code, Status, transport};

use super::way::Hopeless;
use crate::{
    error::{NetError, Refusal},
    net::refusal::refusal_in,
    protocol::wire::Failure,
};

/// Why there is no answer, with two more reasons than there are in [`Failure`].
pub(super) enum Trouble {
    /// The server has no room at present, in its words.
    Busy(NetError),
    /// The client asked too often, and may do so again after a time.
    Often(Duration, NetError),
    /// All else.
    Failed(Failure),
}

impl From<NetError> for Trouble {
    fn from(error: NetError) -> Trouble {
        Trouble::Failed(Failure::Refused(error.into()))
    }
}

pub(super) fn connection_lost(reason: impl ToString) -> Trouble {
    Trouble::Failed(Failure::ConnectionLost { reason: reason.to_string() })
}

/// How TLS 1.3 tells a client that its certificate is not accepted: after the client thinks itself connected, and HTTP/2
/// keeps no more than the words.
const ALERT: &str = "received fatal alert";
/// What it tells of bytes that were damaged on their way: another connection may do better.
const DAMAGE: [&str; 5] = ["BadRecordMac", "RecordOverflow", "DecodeError", "UnexpectedMessage", "IllegalParameter"];

impl Trouble {
    pub fn of_transport(server: &str, error: transport::Error) -> Trouble {
        Trouble::of_error(server, &error)
    }

    pub fn of_status(server: &str, status: Status) -> Trouble {
        let reason = status.message().to_owned();
        match (refusal_in(&status), status.code()) {
            (Some(NetError::Refused { refusal: Refusal::Session, text }), _) => {
                Trouble::Failed(Failure::SessionLost { reason: text })
            }
            (Some(NetError::Refused { refusal: Refusal::Stopping | Refusal::Silence | Refusal::Fault, text }), _) => {
                connection_lost(text)
            }
            (Some(busy @ NetError::Refused { refusal: Refusal::Busy, .. }), _) => Trouble::Busy(busy),
            (Some(often @ NetError::TooOften { after, .. }), _) => Trouble::Often(after, often),
            (Some(refused), _) => refused.into(),
            (None, Code::NotFound) => Trouble::Failed(Failure::SessionLost { reason }),
            (None, Code::PermissionDenied | Code::Unauthenticated) => {
                NetError::Refused { refusal: Refusal::Identity, text: reason }.into()
            }
            (
                None,
                Code::InvalidArgument | Code::FailedPrecondition | Code::ResourceExhausted | Code::Unimplemented,
            ) => NetError::Refused { refusal: Refusal::Unknown, text: reason }.into(),
            // A server that was killed is `Unknown` to gRPC, or anything else.
            (None, _) => Trouble::of_error(server, &status),
        }
    }

    fn of_error(server: &str, error: &(dyn StdError + 'static)) -> Trouble {
        let mut words: Vec<String> = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next {
            let inner = error.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
            if let Some(Hopeless(error)) = inner.and_then(|inner| inner.downcast_ref::<Hopeless>()) {
                return named(server, error.clone()).into();
            }
            words.push(error.to_string());
            next = error.source();
        }
        words.dedup();
        let reason = words.join(": ");
        match reason.contains(ALERT) && !DAMAGE.iter().any(|damage| reason.contains(damage)) {
            true => NetError::Untrusted { server: server.into(), reason }.into(),
            false => connection_lost(NetError::Unreachable { server: server.into(), reason }),
        }
    }
}

fn named(server: &str, error: NetError) -> NetError {
    match error {
        NetError::Untrusted { reason, .. } => NetError::Untrusted { server: server.into(), reason },
        error => error,
    }
}
