//! A way between client and server that breaks.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What happens to the bytes at some place of a connection.
#[derive(Clone, Copy, Debug)]
pub enum Harm {
    /// The connection is cut.
    Cut,
    /// They come twice.
    Twice,
    /// They come in another order.
    Swapped,
}

/// How much passes over connections before they are harmed, one after the other; those after the last are not.
pub struct Proxy {
    pub address: SocketAddr,
    harms: Arc<Mutex<Vec<(usize, Harm)>>>,
}

impl Proxy {
    /// To a server. Every connection is harmed after the next of so many bytes in both directions together.
    pub fn start(to: SocketAddr, harms: &[(usize, Harm)], delay: Duration) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let left = Arc::new(Mutex::new(harms.iter().rev().copied().collect::<Vec<_>>()));
        let harms = left.clone();
        // Ends with the process.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(to) else { continue };
                let (most, harm) = left.lock().unwrap().pop().unwrap_or((usize::MAX, Harm::Cut));
                let budget = Arc::new(Mutex::new(most));
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let budget = budget.clone();
                    thread::spawn(move || pass(from, to, &budget, harm, delay));
                }
            }
        });
        Proxy { address, harms }
    }

    pub fn harms_left(&self) -> usize {
        self.harms.lock().unwrap().len()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, budget: &Mutex<usize>, harm: Harm, delay: Duration) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let passes = {
            let mut budget = budget.lock().unwrap();
            let passes = length.min(*budget);
            *budget -= passes;
            passes
        };
        thread::sleep(delay);
        let (before, after) = buffer[..length].split_at(passes);
        let (first, second) = after.split_at(after.len() / 2);
        let sent = match harm {
            Harm::Cut => to.write_all(before),
            Harm::Twice => to.write_all(&[before, after, after].concat()),
            Harm::Swapped => to.write_all(&[before, second, first].concat()),
        };
        if sent.is_err() || (passes < length && matches!(harm, Harm::Cut)) {
            break;
        }
    }
    // Nothing more passes in either direction.
    for stream in [from, to] {
        drop(stream.shutdown(Shutdown::Both));
    }
}
