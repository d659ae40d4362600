//! A server in a process of its own, which tells what it takes.

use std::{
    env,
    io::{self, BufRead, BufReader, Lines, Write},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use cpu_time::ProcessTime;
use seal_nn::{
    net::{
        CertificateFiles, ClientCertificates, ClientSecurity, ClientSettings, ServerCertificates, ServerSecurity,
        ServerSettings, Stop, serve,
    },
    report::resident_bytes,
};
use tempfile::{TempDir, tempdir};

use super::Outcome;

/// What makes this program the server.
pub const SERVE: &str = "--serve";

/// Serves until the standard input ends, and tells processor time and memory for each line of it.
pub fn serve_here(folder: &Path, memory: usize) -> Outcome {
    let security = ServerSecurity::MutualTls(ServerCertificates::load(folder)?);
    let settings = ServerSettings { grace: Duration::ZERO, ..ServerSettings::new(security, memory) };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let stop = Stop::new();
    let told = stop.clone();
    thread::spawn(move || {
        for _ in io::stdin().lines() {
            let processor = ProcessTime::now().as_duration().as_nanos();
            println!("{processor} {}", resident_bytes().unwrap_or(0));
        }
        told.stop();
    });
    Ok(serve(settings, listener, stop)?)
}

/// The way to a server that ends with this.
pub struct Serving {
    child: Child,
    questions: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
    pub address: String,
    certificates: TempDir,
}

/// What a server has taken since it began.
pub struct Taken {
    pub processor: Duration,
    /// Resident bytes at present, 0 where the system does not tell.
    pub memory: u64,
}

impl Serving {
    /// With so many bytes for all sessions together.
    pub fn start(memory: usize) -> Outcome<Serving> {
        let certificates = tempdir()?;
        CertificateFiles::in_folder(certificates.path()).make(&["127.0.0.1"], &["client"], 1)?;
        let mut child = Command::new(env::current_exe()?)
            .arg(SERVE)
            .arg(certificates.path())
            .arg(memory.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let address = answers.next().ok_or("the server has ended")??;
        Ok(Serving { child, questions, answers, address, certificates })
    }

    /// How a client reaches it at an address, which may be that of a proxy.
    pub fn client(&self, address: &str) -> Outcome<ClientSettings> {
        let certificates = ClientCertificates::load(self.certificates.path())?;
        Ok(ClientSettings::new(address, ClientSecurity::MutualTls(certificates)))
    }

    pub fn taken(&mut self) -> Outcome<Taken> {
        writeln!(self.questions.as_ref().ok_or("no input")?)?;
        let line = self.answers.next().ok_or("the server has ended")??;
        let (processor, memory) = line.split_once(' ').ok_or("two numbers are expected")?;
        Ok(Taken { processor: Duration::from_nanos(processor.parse()?), memory: memory.parse()? })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.questions = None;
        drop(self.child.wait());
    }
}
