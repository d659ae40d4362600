//! Which server a client speaks to, and how.

use std::{sync::Arc, time::Duration};

use crate::{
    net::{Authority, ClientCertificates, Token},
    protocol::wire::Retry,
};

/// Is told something in the words of a server.
pub type OnWait = Arc<dyn Fn(&str) + Send + Sync>;

/// How a client and its server know each other.
#[derive(Clone)]
pub enum ClientSecurity {
    /// By certificates of one authority, over TLS 1.3.
    MutualTls(ClientCertificates),
    /// The server by its certificate, over TLS 1.3, the client by a token.
    TlsWithToken(Authority, Token),
    /// In plain text, to addresses of this machine only; the client by a token, if at all.
    InsecurePlainText(Option<Token>),
}

/// Which server a client speaks to, and how.
#[derive(Clone)]
pub struct ClientSettings {
    /// Name or address of the server, with its port: `example.org:7443`. The certificate of the server is for this name.
    pub server: String,
    /// How both sides know each other.
    pub security: ClientSecurity,
    /// How long a server may take to answer a request, in which it may have others to serve first.
    pub deadline: Duration,
    /// How long to try again when the server cannot be reached, forgot the session, or has no room.
    pub patience: Duration,
    /// Is told once, in the words of the server, when there is no room at present.
    pub on_wait: Option<OnWait>,
}

/// For an answer that takes no time: others may have their turns first.
const LEAST_DEADLINE: Duration = Duration::from_secs(600);
/// How much longer than estimated an answer may take: the server is another machine, and has other clients.
const MOST_SLOWDOWN: f64 = 20.0;

impl ClientSettings {
    /// The defaults: 10 minutes for an answer, and 5 minutes of trying again.
    pub fn new(server: impl Into<String>, security: ClientSecurity) -> ClientSettings {
        ClientSettings {
            server: server.into(),
            security,
            deadline: LEAST_DEADLINE,
            patience: Duration::from_secs(300),
            on_wait: None,
        }
    }

    /// The same, for answers whose computation is estimated to take so many seconds: a deadline of 20 times that, and no
    /// shorter than before.
    pub fn for_answers_of(self, seconds: f64) -> ClientSettings {
        let most = Duration::try_from_secs_f64(MOST_SLOWDOWN * seconds).unwrap_or(self.deadline);
        ClientSettings { deadline: self.deadline.max(most), ..self }
    }

    /// How a [`Replaying`](crate::protocol::wire::Replaying) channel tries again for as long as these settings say: with pauses
    /// from 100 ms to 5 s.
    pub fn retry(&self) -> Retry {
        let Pauses { next: pause, longest } = Pauses::default();
        let mut pauses = Pauses::default();
        let (mut attempts, mut waited) = (1, Duration::ZERO);
        while waited < self.patience {
            waited += pauses.next();
            attempts += 1;
        }
        Retry { attempts, pause, longest_pause: longest }
    }
}

/// Pauses that double, up to a longest.
pub(super) struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Default for Pauses {
    fn default() -> Pauses {
        Pauses { next: Duration::from_millis(100), longest: Duration::from_secs(5) }
    }
}

impl Pauses {
    /// The next one.
    pub fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (2 * pause).min(self.longest);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_fill_the_patience() {
        let mut settings = ClientSettings::new("localhost:1", ClientSecurity::InsecurePlainText(None));
        // 0.1 + 0.2 + 0.4 + 0.8 + 1.6 + 3.2 + 59 times 5 s.
        assert_eq!(settings.retry().attempts, 66);
        settings.patience = Duration::from_millis(250);
        assert_eq!(settings.retry().attempts, 3);
        settings.patience = Duration::ZERO;
        assert_eq!(settings.retry().attempts, 1);
    }

    #[test]
    fn deadlines_follow_the_plan() {
        let deadline = |seconds| {
            let settings = ClientSettings::new("localhost:1", ClientSecurity::InsecurePlainText(None));
            settings.for_answers_of(seconds).deadline.as_secs()
        };
        // No number at all leaves it as it is.
        assert_eq!([0.1, 30.0, 31.0, 3600.0, f64::NAN].map(deadline), [600, 600, 620, 72_000, 600]);
    }
}
