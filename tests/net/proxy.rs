//! A way between client and server that breaks.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// How much passes over connections before they are cut, one after the other; those after the last are not cut.
pub struct Proxy {
    pub address: SocketAddr,
    cuts: Arc<Mutex<Vec<usize>>>,
}

impl Proxy {
    /// To a server. Every connection breaks after the next of `cuts` bytes in both directions together.
    pub fn start(to: SocketAddr, cuts: &[usize], delay: Duration) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let left = Arc::new(Mutex::new(cuts.iter().rev().copied().collect::<Vec<_>>()));
        let cuts = left.clone();
        // Ends with the process.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(to) else { continue };
                let most = left.lock().unwrap().pop().unwrap_or(usize::MAX);
                let budget = Arc::new(Mutex::new(most));
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let budget = budget.clone();
                    thread::spawn(move || pass(from, to, &budget, delay));
                }
            }
        });
        Proxy { address, cuts }
    }

    pub fn cuts_left(&self) -> usize {
        self.cuts.lock().unwrap().len()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, budget: &Mutex<usize>, delay: Duration) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let passes = {
            let mut budget = budget.lock().unwrap();
            let passes = length.min(*budget);
            *budget -= passes;
            passes
        };
        thread::sleep(delay);
        if to.write_all(&buffer[..passes]).is_err() || passes < length {
            break;
        }
    }
    // Nothing more passes in either direction.
    for stream in [from, to] {
        drop(stream.shutdown(Shutdown::Both));
    }
}
