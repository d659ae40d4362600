//! Servers in this process.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use seal_nn::{
    Result,
    net::{
        ClientCertificates, ClientSecurity, ClientSettings, ServerCertificates, ServerSecurity, ServerSettings, Stop,
        serve,
    },
};

use super::certificates::Certificates;

/// A server that ends with this.
pub struct Running {
    pub address: SocketAddr,
    metrics: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<Result<()>>>,
}

/// More than any test needs.
pub const MEMORY: usize = 4 << 30;

pub fn plain() -> ServerSettings {
    ServerSettings::new(ServerSecurity::InsecurePlainText(None), MEMORY)
}

pub fn mutual(certificates: &Certificates) -> ServerSettings {
    let loaded = ServerCertificates::load(certificates.folder.path()).unwrap();
    ServerSettings::new(ServerSecurity::MutualTls(loaded), MEMORY)
}

impl Running {
    pub fn start(settings: ServerSettings) -> Running {
        Running::on(TcpListener::bind("127.0.0.1:0").unwrap(), settings)
    }

    /// At an address that an earlier server has left.
    pub fn again(address: SocketAddr, settings: ServerSettings) -> Running {
        Running::on(TcpListener::bind(address).unwrap(), settings)
    }

    fn on(listener: TcpListener, mut settings: ServerSettings) -> Running {
        let page = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, metrics) = (listener.local_addr().unwrap(), page.local_addr().unwrap());
        settings.metrics = Some(page);
        // Tests share two processors.
        settings.threads = 2;
        let stop = Stop::new();
        let told = stop.clone();
        let thread = Some(thread::spawn(move || serve(settings, listener, told)));
        Running { address, metrics, stop, thread }
    }

    /// Tells it to stop, and waits for its end.
    pub fn stop(&mut self) -> Result<()> {
        self.stop.stop();
        self.thread.take().map_or(Ok(()), |thread| thread.join().unwrap())
    }

    /// The page at the port of metrics.
    pub fn page(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.metrics).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page
    }

    pub fn metric(&self, name: &str) -> f64 {
        let page = self.page("/metrics");
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{name} in {page}")).parse().unwrap()
    }

    /// Waits until a metric has a value.
    pub fn await_metric(&self, name: &str, value: f64) {
        let started = Instant::now();
        while self.metric(name) != value {
            assert!(started.elapsed() < Duration::from_secs(30), "{name} is {}, not {value}", self.metric(name));
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop());
    }
}

pub fn plain_client(address: SocketAddr) -> ClientSettings {
    ClientSettings::new(address.to_string(), ClientSecurity::InsecurePlainText(None))
}

pub fn mutual_client(address: SocketAddr, certificates: &Certificates) -> ClientSettings {
    let loaded = ClientCertificates::load(certificates.folder.path()).unwrap();
    ClientSettings::new(format!("localhost:{}", address.port()), ClientSecurity::MutualTls(loaded))
}
