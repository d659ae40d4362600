//! What crosses the line to a server.

use seal_nn::report::format;
use serde::Serialize;

/// Everything between a client and a server, with evaluation keys, and with what was sent again after a loss.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// The server, as it was named.
    pub server: String,
    /// Bytes of descriptions, keys and messages, without what TLS and HTTP/2 add.
    pub client_to_server: u64,
    /// Bytes of answers.
    pub server_to_client: u64,
    /// Requests with their answers, those that failed among them.
    pub round_trips: u64,
    /// Sessions that were opened: more than one after a loss.
    pub sessions: u64,
    /// Seconds until answers came, in which the server computed too.
    pub seconds_waiting: f64,
}

impl Line {
    /// As rows of a report.
    pub fn rows(&self) -> [(String, String); 5] {
        let Line { server, client_to_server, server_to_client, round_trips, sessions, seconds_waiting } = self;
        [
            (format!("all bytes to {server}, with keys"), format::bytes(*client_to_server)),
            (format!("all bytes from {server}"), format::bytes(*server_to_client)),
            ("round trips".into(), format::count(*round_trips)),
            ("sessions opened, 1 without a loss".into(), format::count(*sessions)),
            ("seconds waiting for the server, in which it computes".into(), format::seconds(*seconds_waiting)),
        ]
    }

    /// In a line.
    pub fn in_words(&self) -> String {
        let Line { client_to_server, server_to_client, round_trips, seconds_waiting, .. } = self;
        let [up, down] = [client_to_server, server_to_client].map(|&bytes| format::bytes(bytes));
        let (trips, waiting) = (format::count(*round_trips), format::seconds(*seconds_waiting));
        format!("{up} up, {down} down, {trips} round trips, {waiting} waiting for the server")
    }
}
