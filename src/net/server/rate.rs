//! How many rows a client gets of the server's own models.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::net::identity::Identity;

/// Rows per client and minute. What a client did not use in the last minute it may use at once.
pub(super) struct Rate {
    per_minute: u32,
    clients: Mutex<HashMap<Identity, Left>>,
}

/// What a client may still have.
struct Left {
    rows: f64,
    at: Instant,
}

const MINUTE: f64 = 60.0;
/// Clients after which those are forgotten who may have everything again.
const MANY: usize = 1024;

impl Rate {
    /// So many rows, at least one.
    pub fn new(per_minute: u32) -> Rate {
        Rate { per_minute: per_minute.max(1), clients: Mutex::default() }
    }

    pub fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Takes the rows of an answer for a client. One of more rows than there are in a minute takes those of a minute.
    ///
    /// # Errors
    /// How long it is until there are as many again.
    pub fn take(&self, who: Identity, rows: usize, now: Instant) -> Result<(), Duration> {
        let most = f64::from(self.per_minute);
        let wanted = (rows as f64).min(most);
        let again = |left: &Left| {
            let since = now.saturating_duration_since(left.at).as_secs_f64();
            (left.rows + since * most / MINUTE).min(most)
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() > MANY {
            clients.retain(|_, left| again(left) < most);
        }
        let left = clients.entry(who).or_insert(Left { rows: most, at: now });
        *left = Left { rows: again(left), at: now };
        match left.rows >= wanted {
            true => {
                left.rows -= wanted;
                Ok(())
            }
            false => Err(Duration::from_secs_f64((wanted - left.rows) * MINUTE / most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_so_many_rows_a_minute() {
        let (rate, start) = (Rate::new(200), Instant::now());
        let [one, other] = [b"one", b"two"].map(|der| Identity::of_certificate(der));
        assert_eq!([60, 140].map(|rows| rate.take(one, rows, start)), [Ok(()); 2]);
        // A tenth of the rows in a tenth of the time.
        assert_eq!(rate.take(one, 100, start), Err(Duration::from_secs(30)));
        assert_eq!(rate.take(one, 10, start), Err(Duration::from_secs(3)));
        assert_eq!(rate.take(other, 100, start), Ok(()));
        let later = start + Duration::from_secs(20);
        let wait = rate.take(one, 100, later).unwrap_err().as_secs_f64();
        assert!((wait - 10.0).abs() < 1e-6, "{wait}");
        assert_eq!(rate.take(one, 100, later + Duration::from_secs_f64(wait + 0.001)), Ok(()));
        // However long it was away, and however many rows an answer has.
        let much_later = start + Duration::from_secs(600);
        assert_eq!([150, 100].map(|rows| rate.take(one, rows, much_later).is_ok()), [true, false]);
        let after_that = much_later + Duration::from_secs(60);
        assert_eq!([4096, 1].map(|rows| rate.take(one, rows, after_that).is_ok()), [true, false]);
    }
}
