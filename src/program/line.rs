//! The time that messages take between the parties.

use super::Plan;

/// A connection between client and server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// In each direction, which do not work at the same time.
    pub bits_per_second: f64,
    /// From a question to its answer, beside the bytes.
    pub round_trip_seconds: f64,
}

impl Line {
    /// 20 Mbit/s and 50 ms: the way out of many homes.
    pub const SLOW: Line = Line { bits_per_second: 20e6, round_trip_seconds: 0.05 };

    /// 100 Mbit/s and 20 ms: between two places of the same country.
    pub const USUAL: Line = Line { bits_per_second: 100e6, round_trip_seconds: 0.02 };

    /// Seconds of a byte, for a choice of tiles by time.
    pub fn seconds_per_byte(&self) -> f64 {
        8.0 / self.bits_per_second
    }

    /// Seconds of so many bytes in so many round trips.
    ///
    /// ```
    /// assert_eq!(seal_nn::program::Line::SLOW.seconds(2_500_000, 2), 1.1);
    /// ```
    pub fn seconds(&self, bytes: usize, round_trips: usize) -> f64 {
        bytes as f64 * 8.0 / self.bits_per_second + round_trips as f64 * self.round_trip_seconds
    }

    /// Seconds of an exchange, without those in which either party computes.
    pub fn seconds_of(&self, plan: &Plan) -> f64 {
        self.seconds(plan.bytes_up() + plan.bytes_down(), plan.rounds.len())
    }
}

/// As in `20 Mbit/s and 50 ms`.
impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} Mbit/s and {} ms", self.bits_per_second / 1e6, self.round_trip_seconds * 1e3)
    }
}
