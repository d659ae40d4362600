//! What a server counts, as text that Prometheus reads.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use crate::protocol::wire::Action;

/// Counts since the server began.
#[derive(Default)]
pub(super) struct Metrics {
    opened: AtomicU64,
    refused: AtomicU64,
    keep: Requests,
    forget: Requests,
    call: Requests,
    received: AtomicU64,
    sent: AtomicU64,
}

#[derive(Default)]
struct Requests {
    count: AtomicU64,
    microseconds: AtomicU64,
}

/// What there is now.
pub(super) struct Present {
    pub sessions: usize,
    pub memory: usize,
    pub budget: usize,
}

impl Metrics {
    pub fn add_opened(&self) {
        self.opened.fetch_add(1, Relaxed);
    }

    pub fn add_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// A request that was carried out, and the time that it took of the threads that compute.
    pub fn add_request(&self, action: &Action, took: Duration) {
        let requests = match action {
            Action::Keep(_) => &self.keep,
            Action::Forget => &self.forget,
            Action::Call(_) => &self.call,
        };
        requests.count.fetch_add(1, Relaxed);
        requests.microseconds.fetch_add(took.as_micros() as u64, Relaxed);
    }

    pub fn add_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Relaxed);
    }

    pub fn add_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Relaxed);
    }

    /// All of them.
    pub fn text(&self, present: &Present) -> String {
        let of = |count: &AtomicU64| vec![(String::new(), count.load(Relaxed) as f64)];
        let now = |value: usize| vec![(String::new(), value as f64)];
        let requests = [("keep", &self.keep), ("forget", &self.forget), ("call", &self.call)];
        let by_kind = |value: fn(&Requests) -> f64| {
            requests.map(|(kind, requests)| (format!("{{kind=\"{kind}\"}}"), value(requests))).to_vec()
        };
        let mut text = String::new();
        for (name, kind, help, values) in [
            ("sessions", "gauge", "Sessions that are open", now(present.sessions)),
            ("memory_reserved_bytes", "gauge", "Memory promised to sessions", now(present.memory)),
            ("memory_budget_bytes", "gauge", "Memory for all sessions", now(present.budget)),
            ("sessions_opened_total", "counter", "Sessions opened", of(&self.opened)),
            ("refusals_total", "counter", "Streams that ended with a refusal", of(&self.refused)),
            ("requests_total", "counter", "Requests carried out", by_kind(|r| r.count.load(Relaxed) as f64)),
            (
                "request_seconds_total",
                "counter",
                "Time that requests took of all threads that compute",
                by_kind(|r| r.microseconds.load(Relaxed) as f64 / 1e6),
            ),
            ("received_bytes_total", "counter", "Bytes of keys and requests", of(&self.received)),
            ("sent_bytes_total", "counter", "Bytes of answers", of(&self.sent)),
        ] {
            // Writing to a string does not fail.
            let _ignored = write!(text, "# HELP seal_nn_{name} {help}.\n# TYPE seal_nn_{name} {kind}\n");
            for (labels, value) in values {
                let _ignored = writeln!(text, "seal_nn_{name}{labels} {value}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_type_and_values() {
        let metrics = Metrics::default();
        metrics.add_request(&Action::Forget, Duration::from_millis(1500));
        metrics.add_request(&Action::Forget, Duration::from_millis(1000));
        metrics.add_received(70);
        let text = metrics.text(&Present { sessions: 3, memory: 5, budget: 8 });
        for line in [
            "# TYPE seal_nn_sessions gauge",
            "seal_nn_sessions 3",
            "seal_nn_memory_reserved_bytes 5",
            "seal_nn_memory_budget_bytes 8",
            "seal_nn_requests_total{kind=\"forget\"} 2",
            "seal_nn_requests_total{kind=\"call\"} 0",
            "seal_nn_request_seconds_total{kind=\"forget\"} 2.5",
            "seal_nn_received_bytes_total 70",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        let named = text.lines().filter(|line| line.starts_with("# TYPE")).count();
        assert_eq!(named, text.lines().filter(|line| line.starts_with("# HELP")).count());
    }
}
