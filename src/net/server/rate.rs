//! How often a client is answered by the server's own models.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::net::identity::Identity;

/// Answers per client and minute. What a client did not use in the last minute it may use at once.
pub(super) struct Rate {
    per_minute: u32,
    clients: Mutex<HashMap<Identity, Left>>,
}

/// What a client may still have.
struct Left {
    answers: f64,
    at: Instant,
}

const MINUTE: f64 = 60.0;
/// Clients after which those are forgotten who may have everything again.
const MANY: usize = 1024;

impl Rate {
    /// At least one answer a minute.
    pub fn new(per_minute: u32) -> Rate {
        Rate { per_minute: per_minute.max(1), clients: Mutex::default() }
    }

    pub fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Takes an answer for a client.
    ///
    /// # Errors
    /// How long it is until there is one again.
    pub fn take(&self, who: Identity, now: Instant) -> Result<(), Duration> {
        let most = f64::from(self.per_minute);
        let again = |left: &Left| {
            let since = now.saturating_duration_since(left.at).as_secs_f64();
            (left.answers + since * most / MINUTE).min(most)
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() > MANY {
            clients.retain(|_, left| again(left) < most);
        }
        let left = clients.entry(who).or_insert(Left { answers: most, at: now });
        *left = Left { answers: again(left), at: now };
        match left.answers >= 1.0 {
            true => {
                left.answers -= 1.0;
                Ok(())
            }
            false => Err(Duration::from_secs_f64((1.0 - left.answers) * MINUTE / most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_so_many_answers_a_minute() {
        let (rate, start) = (Rate::new(2), Instant::now());
        let [one, other] = [b"one", b"two"].map(|der| Identity::of_certificate(der));
        assert_eq!([0; 2].map(|_| rate.take(one, start)), [Ok(()); 2]);
        assert_eq!(rate.take(one, start), Err(Duration::from_secs(30)));
        assert_eq!(rate.take(other, start), Ok(()));
        let later = start + Duration::from_secs(20);
        let wait = rate.take(one, later).unwrap_err().as_secs_f64();
        assert!((wait - 10.0).abs() < 1e-6, "{wait}");
        assert_eq!(rate.take(one, later + Duration::from_secs_f64(wait + 0.001)), Ok(()));
        // However long it was away.
        let much_later = start + Duration::from_secs(600);
        assert_eq!([0; 3].map(|_| rate.take(one, much_later).is_ok()), [true, true, false]);
    }
}
