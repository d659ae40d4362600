//! Refusals on their way: typed in the details of a status.

use std::time::Duration;

use prost::Message;
use tonic::{Code, Status};

use super::generated::{self, Reason};
use crate::error::{NetError, Refusal};

/// Characters of a text: it travels twice in the headers of HTTP/2, of which clients take 16 KiB.
const MOST_CHARACTERS: usize = 1000;

/// What a server refuses, and why.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub reason: Reason,
    pub text: String,
    /// When to ask again, if it is for having asked too often.
    pub wait: Option<Duration>,
}

impl Refused {
    pub fn new(reason: Reason, text: impl ToString) -> Refused {
        Refused { reason, text: text.to_string().chars().take(MOST_CHARACTERS).collect(), wait: None }
    }

    /// Too many rows of the server's own models.
    pub fn often(per_minute: u32, rows: usize, wait: Duration) -> Refused {
        let text = format!(
            "a client gets {per_minute} rows a minute of the server's own models, of which a request counts as {rows}: come \
             back in {:.1} s",
            wait.as_secs_f64()
        );
        Refused { wait: Some(wait), ..Refused::new(Reason::Often, text) }
    }

    /// Something broke that no client is to blame for.
    pub fn fault(text: impl ToString) -> Refused {
        Refused::new(Reason::Fault, text)
    }

    /// Parts in an order that the protocol does not have.
    pub fn order(text: impl ToString) -> Refused {
        Refused::new(Reason::Order, text)
    }

    pub fn stopping() -> Refused {
        Refused::new(Reason::Stopping, "it is stopping")
    }
}

impl From<Refused> for Status {
    fn from(Refused { reason, text, wait }: Refused) -> Status {
        let code = match reason {
            Reason::Identity => Code::Unauthenticated,
            Reason::Order | Reason::Description | Reason::Keys | Reason::Message => Code::InvalidArgument,
            Reason::Session => Code::NotFound,
            Reason::Number => Code::FailedPrecondition,
            Reason::TooLarge | Reason::Busy | Reason::Often => Code::ResourceExhausted,
            Reason::Stopping => Code::Unavailable,
            Reason::Silence => Code::DeadlineExceeded,
            Reason::Fault | Reason::Unspecified => Code::Internal,
        };
        let details = generated::Refusal {
            reason: reason.into(),
            text: text.clone(),
            // Rounded up: who comes back then is not too early.
            wait_ms: wait.map_or(0, |wait| wait.as_millis() as u64 + 1),
        };
        Status::with_details(code, text, details.encode_to_vec().into())
    }
}

/// What a status says, if it is the refusal of a server of ours.
pub(super) fn refusal_in(status: &Status) -> Option<NetError> {
    let details = generated::Refusal::decode(status.details()).ok()?;
    let refusal = match details.reason() {
        // No details at all decode to this, too.
        Reason::Unspecified if details.reason == 0 => return None,
        Reason::Unspecified => Refusal::Unknown,
        Reason::Identity => Refusal::Identity,
        Reason::Order => Refusal::Order,
        Reason::Description => Refusal::Description,
        Reason::Keys => Refusal::Keys,
        Reason::Session => Refusal::Session,
        Reason::Number => Refusal::Number,
        Reason::Message => Refusal::Message,
        Reason::TooLarge => Refusal::TooLarge,
        Reason::Busy => Refusal::Busy,
        Reason::Stopping => Refusal::Stopping,
        Reason::Silence => Refusal::Silence,
        Reason::Fault => Refusal::Fault,
        Reason::Often => {
            let after = Duration::from_millis(details.wait_ms);
            return Some(NetError::TooOften { after, text: details.text });
        }
    };
    Some(NetError::Refused { refusal, text: details.text })
}
