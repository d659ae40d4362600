//! Client and server as two processes on this machine.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rand::RngExt;
use seal_nn::net::CertificateFiles;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::{
    kit::soak::rounds,
    program::{assert_names, command, number, stdout},
};

/// A folder in which both parties find their certificates.
fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    let files = CertificateFiles::in_folder(folder.path().join("certs"));
    files.make(&["localhost", "127.0.0.1"], &["client"], 1).unwrap();
    folder
}

/// A server that is killed when the test ends.
struct Server {
    child: Child,
    address: String,
    metrics: String,
    /// On its standard output, before it began to listen.
    said: String,
}

impl Server {
    fn start(folder: &Path, listen: &str) -> Server {
        Server::start_with(folder, listen, &["--certificates", "certs"])
    }

    fn start_with(folder: &Path, listen: &str, security: &[&str]) -> Server {
        let args = ["serve", "--listen", listen, "--metrics", "127.0.0.1:0", "--log", "json"];
        let args = [&args[..], security].concat();
        let log = fs::File::create(folder.join("log")).unwrap();
        let mut child = command(folder, &args).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut said = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
            said.push(line);
            if said.last().is_some_and(|line| line.starts_with("listening")) {
                break;
            }
        }
        let address = |line: &str, start: &str| {
            let rest = line.strip_prefix(start).unwrap_or_else(|| panic!("{said:?}"));
            rest.split([',', '/']).next().unwrap().to_owned()
        };
        let [.., metrics, listening] = &said[..] else { panic!("{said:?}") };
        let (metrics, address) = (address(metrics, "metrics     http://"), address(listening, "listening   "));
        Server { child, address, metrics, said: said.join("\n") }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The arguments of a client.
    fn args<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        [args, &["--server", &self.address, "--certificates", "certs"]].concat()
    }

    fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(&self.metrics).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[track_caller]
fn run(folder: &Path, args: &[&str]) -> Output {
    let output = command(folder, args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn report(folder: &Path, out: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(out).join("report.json")).unwrap()).unwrap()
}

/// Encrypted and clear weights stay together, step by step.
#[track_caller]
fn assert_exact(report: &Value, steps: usize) {
    let made = report["steps"].as_array().unwrap();
    assert_eq!(made.len(), steps);
    for step in made {
        let difference = number(step, "/max_weight_difference");
        assert!(difference > 0.0 && difference < 1e-5, "weights differ by {difference:e}");
    }
}

/// The same report as in one process, and what crossed the line; inference with the model; then an orderly end.
#[test]
fn a_server_trains_and_infers_as_one_process_does() {
    let folder = folder();
    let folder = folder.path();
    let mut server = Server::start(folder, "127.0.0.1:0");
    let settings = ["train", "--hidden", "8", "--steps", "4"];
    let trained = run(folder, &server.args(&[&settings[..], &["--out", "far"]].concat()));
    assert_names(
        &trained.stdout,
        &["server      127.0.0.1", "both sides by certificates", "all bytes to 127.0.0.1", "The line to"],
    );
    let said = stdout_of(&trained);
    assert!(!said.contains("by kind of work") && !said.contains("by operation"), "of this process: {said}");
    run(folder, &[&settings[..], &["--out", "near", "--backend", "clear"]].concat());
    let (far, near) = (report(folder, "far"), report(folder, "near"));
    assert_exact(&far, 4);
    for same in ["settings", "schedule", "operations_per_step", "keys", "parameters", "layout", "network"] {
        assert_eq!(far[same], near[same], "{same}");
    }
    for step in 0..4 {
        let loss = |report| number(report, &format!("/steps/{step}/encrypted/loss"));
        assert!((loss(&far) - loss(&near)).abs() < 1e-4, "step {step}: {} and {}", loss(&far), loss(&near));
    }
    assert_eq!(near["line"], Value::Null);
    let all = number(&far, "/line/client_to_server");
    let parts = ["/bytes/client_to_server", "/keys/galois_bytes", "/keys/relin_bytes"].map(|part| number(&far, part));
    assert!(all >= parts.iter().sum::<f64>() && all < 1.1 * parts.iter().sum::<f64>(), "{all} of {parts:?}");
    assert_eq!(number(&far, "/line/sessions"), 1.0);
    // Keys, samples, two rounds for each step, and the held-out samples.
    assert!(number(&far, "/line/round_trips") >= 10.0 && number(&far, "/line/seconds_waiting") > 0.0);

    // A whole step is two programs of one session.
    run(folder, &server.args(&["train", "--step", "whole", "--layout", "merged", "--steps", "2", "--out", "whole"]));
    assert_exact(&report(folder, "whole"), 2);

    fs::write(folder.join("flowers.csv"), "a,b,c,d\n5.1,3.5,1.4,0.2\n6.2,2.9,4.3,1.3\n").unwrap();
    for model in ["far", "whole"] {
        let infer = ["infer", "--model", model, "--input", "flowers.csv", "--by-position"];
        let far = stdout_of(&run(folder, &server.args(&infer)));
        let near = stdout_of(&run(folder, &[&infer[..], &["--backend", "clear"]].concat()));
        assert_names(&far, &["line        ", " up, ", "round trips"]);
        let classes = |text: &str| -> Vec<String> {
            let rows = text.lines().filter(|line| line.trim_start().starts_with(['1', '2']) && line.contains("0."));
            rows.map(|row| row.split_whitespace().nth(1).unwrap().to_owned()).collect()
        };
        assert!(classes(&far).len() == 2 && classes(&far) == classes(&near), "{far}\n{near}");
    }

    let metrics = server.metrics();
    assert_names(&metrics, &["200 OK", "sessions_opened_total 4", "requests_total"]);
    // Clients have closed their sessions.
    assert_names(&metrics, &["_sessions 0\n"]);
    #[cfg(unix)]
    {
        assert!(Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap().success());
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        let log = fs::read_to_string(folder.join("log")).unwrap();
        let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.iter().filter(|line| line["fields"]["message"] == "session opened").count(), 4, "{log}");
    }
}

/// The client has no model and gets the classes that it would compute with it; the server has no rows.
#[test]
fn a_server_predicts_with_models_of_its_own() {
    let folder = folder();
    let folder = folder.path();
    let train = |hidden: &str, out: &str| {
        run(folder, &["train", "--hidden", hidden, "--steps", "40", "--backend", "clear", "--out", out]);
    };
    train("8", "flowers");
    train("none", "linear");
    let serve = ["--certificates", "certs", "--model", "flowers", "--model", "linear", "--rows-per-minute", "40000"];
    let server = Server::start_with(folder, "127.0.0.1:0", &serve);
    assert_names(&server.said, &["model       flowers: network ", "model       linear", "keep 10 bits", "2^-40"]);

    fs::write(folder.join("more.csv"), "a,b,c,d\n5.1,3.5,1.4,0.2\n6.2,2.9,4.3,1.3\n7.7,3.8,6.7,2.2\n").unwrap();
    let infer = ["infer", "--input", "more.csv", "--by-position"];
    let predictions = |output: &Output| -> Vec<(String, Vec<f64>)> {
        let text = stdout_of(output);
        let rows = text.lines().filter(|line| line.trim_start().starts_with(['1', '2', '3']));
        rows.map(|row| {
            let mut cells = row.split_whitespace().skip(1);
            let class = cells.next().unwrap().to_owned();
            (class, cells.map(|cell| cell.parse().unwrap()).collect())
        })
        .collect()
    };
    for model in ["flowers", "linear"] {
        let far = run(folder, &server.args(&[&infer[..], &["--served", model]].concat()));
        assert_names(
            &far.stdout,
            &[&format!("{model} of the server"), "no weights here", "with a public key", "line  "],
        );
        let near = run(folder, &[&infer[..], &["--model", model, "--backend", "clear"]].concat());
        let (far, near) = (predictions(&far), predictions(&near));
        assert_eq!((far.len(), near.len()), (3, 3));
        for ((class, scores), (expected, expected_scores)) in far.iter().zip(&near) {
            assert_eq!(class, expected);
            assert!(scores.iter().zip(expected_scores).all(|(a, b)| (a - b).abs() < 1.1e-3), "{scores:?}");
        }
    }
    let refused: [(&[&str], &str); 3] = [
        (&["--served", "trees"], "there is no model \"trees\"; the server has flowers, linear"),
        (&[], "no model is named; the server has flowers, linear: name one of them with --served"),
        (&["--served", "linear", "--packing", "columns"], "--packing is for a model of your own"),
    ];
    for (args, words) in refused {
        let output = command(folder, &server.args(&[&infer[..], args].concat())).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_names(&output.stderr, &[words]);
    }
}

fn stdout_of(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_server_classifies_sentences_with_an_encrypted_head() {
    let folder = folder();
    let server = Server::start(folder.path(), "127.0.0.1:0");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sst2");
    let args = ["hnn", "--data", data.to_str().unwrap(), "--head", "linear", "--samples", "2", "--out", "hnn"];
    let run = run(folder.path(), &server.args(&args));
    assert_names(&run.stdout, &["weights encrypted", "equal decisions", "2 of 2", "all bytes to 127.0.0.1"]);
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("hnn/hnn.json")).unwrap()).unwrap();
    assert!(number(&report, "/line/client_to_server") > number(&report, "/key_bytes"));
}

/// Waits for a condition.
#[track_caller]
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn spawn(folder: &Path, args: &[&str]) -> Child {
    command(folder, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Messages of a training after which either side is killed; 5 and this have no common divisor.
const MESSAGES: usize = 12;

/// Requests that a server has answered, by its log.
fn requests(folder: &Path) -> usize {
    let log = fs::read_to_string(folder.join("log")).unwrap();
    // The last line may be half written.
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["fields"]["message"] == "request").count()
}

/// Killed in the middle of a training and started anew, the server knows nothing of it, and the training goes on.
#[test]
fn a_training_survives_its_server() {
    let folder = folder();
    let folder = folder.path();
    for (round, mut rng) in rounds(2).enumerate() {
        let mut server = Server::start(folder, "127.0.0.1:0");
        let train = ["train", "--hidden", "8", "--steps", "30", "--out", "out"];
        let mut client = spawn(folder, &server.args(&train));
        let lines = BufReader::new(client.stdout.take().unwrap()).lines().map(Result::unwrap);
        // After each of the first messages in turn: samples, and the two requests of a step.
        let message = 1 + 5 * round % MESSAGES;
        wait_for("so many requests", || requests(folder) >= message);
        // Somewhere before the answer to the next, or after it.
        thread::sleep(Duration::from_micros(rng.random_range(0..20_000)));
        server.kill();
        let _again = Server::start(folder, &server.address);
        lines.for_each(drop);
        let output = client.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_names(&output.stderr, &["warning: no answer from the server", "trying again"]);
        let report = report(folder, "out");
        assert_exact(&report, 30);
        assert_eq!(number(&report, "/line/sessions"), 2.0);
    }
}

/// A step in a checkpoint, if there is one.
fn saved(folder: &Path) -> Option<u64> {
    let text = fs::read(folder.join("out/checkpoint.json")).ok()?;
    let checkpoint: Value = serde_json::from_slice(&text).unwrap();
    checkpoint["course"]["stopping"]["last_step"].as_u64()
}

/// Killed again and again, after any message of a training in split steps, a client makes at most one step twice.
#[test]
fn a_client_that_is_killed_loses_one_step() {
    const STEPS: usize = 40;
    let folder = folder();
    let folder = folder.path();
    let server = Server::start(folder, "127.0.0.1:0");
    let steps = STEPS.to_string();
    let train = ["train", "--hidden", "8", "--steps", &steps, "--checkpoint-every", "0", "--out", "out"];
    for (round, mut rng) in rounds(2).enumerate() {
        // Samples, and the two requests of a step; not the last steps, after which there is nothing to be killed.
        for message in [1 + round % 3, 4 + round % 2, 5 + round % 5] {
            let before = saved(folder);
            let args = [&train[..], if before.is_some() { &["--resume"] } else { &[] }].concat();
            let asked = requests(folder);
            let mut client = spawn(folder, &server.args(&args));
            wait_for("so many requests", || {
                client.try_wait().unwrap().is_some() || requests(folder) >= asked + message
            });
            thread::sleep(Duration::from_micros(rng.random_range(0..5_000)));
            client.kill().unwrap();
            let output = client.wait_with_output().unwrap();
            assert!(
                !output.status.success() && output.stderr.is_empty(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            // One that the server had begun is finished.
            thread::sleep(Duration::from_millis(500));
            // One request brings the samples, and every step takes two.
            let answered = (requests(folder) - asked - 1) / 2;
            let (before, after) = (before.unwrap_or(0) as usize, saved(folder).unwrap_or(0) as usize);
            assert!(after + 1 >= before + answered, "{answered} steps after step {before}, but step {after} is kept");
        }
        let args = [&train[..], if saved(folder).is_some() { &["--resume"] } else { &[] }].concat();
        run(folder, &server.args(&args));
        assert_exact(&report(folder, "out"), STEPS);
        fs::remove_dir_all(folder.join("out")).unwrap();
    }
}

/// Interrupted and then killed in the middle of a training, the client goes on from its checkpoint, with new keys and a new
/// session.
#[test]
fn a_client_that_was_killed_goes_on() {
    for (round, mut rng) in rounds(1).enumerate() {
        let folder = folder();
        let folder = folder.path();
        let server = Server::start(folder, "127.0.0.1:0");
        let settings = ["train", "--step", "whole", "--layout", "merged", "--out", "out"];
        let mut client = spawn(folder, &server.args(&[&settings[..], &["--steps", "1000"]].concat()));
        wait_for("no checkpoint", || saved(folder).is_some_and(|step| step >= 2));
        #[cfg(unix)]
        {
            assert!(Command::new("kill").args(["-INT", &client.id().to_string()]).status().unwrap().success());
            let output = client.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(130));
            assert_names(&output.stdout, &["--resume", &server.address]);
            assert!(folder.join("out/model.json").is_file());
            let before = saved(folder).unwrap();
            client = spawn(folder, &server.args(&[&settings[..], &["--steps", "1000", "--resume"]].concat()));
            wait_for("no further checkpoint", || saved(folder).is_some_and(|step| step > before));
        }
        // After the next message, or one of those behind it.
        let message = requests(folder) + 1 + 5 * round % MESSAGES;
        wait_for("so many requests", || requests(folder) >= message);
        thread::sleep(Duration::from_micros(rng.random_range(0..20_000)));
        client.kill().unwrap();
        client.wait().unwrap();
        let steps = saved(folder).unwrap() as usize + 1;
        let resumed =
            run(folder, &server.args(&[&settings[..], &["--steps", &steps.to_string(), "--resume"]].concat()));
        assert_names(&resumed.stdout, &[&format!("continues after step {}", steps - 1)]);
        assert_exact(&report(folder, "out"), steps);
    }
}

/// A client without a certificate is known by its token.
#[test]
fn tokens_are_as_good_as_certificates() {
    let folder = folder();
    let folder = folder.path();
    let [known, unknown] = ["a token of this client", "a token of somebody else"].map(|token| token.replace(' ', "-"));
    fs::write(folder.join("tokens"), format!("# clients\n{known}\n")).unwrap();
    fs::write(folder.join("known"), known).unwrap();
    fs::write(folder.join("unknown"), unknown).unwrap();
    fs::create_dir(folder.join("public")).unwrap();
    fs::copy(folder.join("certs/ca.pem"), folder.join("public/ca.pem")).unwrap();
    for (server, client, words) in [
        (&["--certificates", "certs"][..], &["--certificates", "public"][..], "this client by its token"),
        (&["--insecure-plain-text"], &["--insecure-plain-text"], "INSECURE: plain text"),
    ] {
        let server = Server::start_with(folder, "127.0.0.1:0", &[server, &["--token-file", "tokens"]].concat());
        let train = |token: &str| {
            let args = ["train", "--server", &server.address, "--hidden", "4", "--steps", "1", "--token-file", token];
            command(folder, &[&args[..], client].concat()).output().unwrap()
        };
        let trained = train("known");
        assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
        assert_names(&trained.stdout, &[words]);
        let refused = train("unknown");
        assert_eq!(refused.status.code(), Some(2));
        assert_names(&refused.stderr, &["the server refuses"]);
    }
}

/// Both sides say who is not trusted, and a client that cannot connect gives up in time.
#[test]
fn wrong_certificates_and_wrong_options_are_refused() {
    let folder = folder();
    let folder = folder.path();
    let others = CertificateFiles::in_folder(folder.join("others"));
    others.make(&["localhost"], &["client"], 1).unwrap();
    let server = Server::start(folder, "127.0.0.1:0");
    let address = server.address.as_str();
    // A client that trusts the server, which does not trust it.
    let mixed = folder.join("mixed");
    fs::create_dir(&mixed).unwrap();
    let copy = |from: &str, name: &str| fs::copy(folder.join(from).join(name), mixed.join(name)).unwrap();
    copy("certs", "ca.pem");
    copy("others", "client.pem");
    copy("others", "client.key");
    let clear = ["infer", "--server", address, "--certificates", "certs", "--weights", "clear", "--input", "none.csv"];
    let refused: [(&[&str], &[&str]); 9] = [
        (
            &[&clear[..], &["--model", "none"]].concat(),
            &["would have to be sent the weights in the clear", "seal-nn serve --model"],
        ),
        (&["train", "--server", address, "--certificates", "others"], &["do not trust each other", "same authority"]),
        (&["train", "--server", address, "--certificates", "mixed"], &["do not trust each other", "same authority"]),
        (&["train", "--server", address], &["--server needs --certificates", "seal-nn certificates"]),
        (&["train", "--server", address, "--certificates", "none"], &["none/ca.pem"]),
        (
            &["train", "--server", address, "--certificates", "certs", "--backend", "clear"],
            &["--backend clear does not go with --server"],
        ),
        (
            &["train", "--server", "192.0.2.1:7447", "--insecure-plain-text"],
            &["plain text is for the addresses of this machine"],
        ),
        (
            &["train", "--server", "127.0.0.1:1", "--certificates", "certs", "--wait", "0"],
            &["no answer from the server", "127.0.0.1:1"],
        ),
        (&["serve", "--listen", address, "--certificates", "certs"], &["--listen", address]),
    ];
    for (args, words) in refused {
        let output = command(folder, args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_names(&output.stderr, words);
        assert!(!folder.join("runs/iris").exists(), "{args:?}");
    }
}

#[test]
fn help_teaches_the_way_to_a_server() {
    let help = |name: &str| stdout(&assert_cmd::Command::from_std(command(Path::new("."), &[name, "--help"])).assert());
    let own = ["--server <HOST:PORT>", "--certificates <DIR>", "--token-file", "--insecure-plain-text", "--wait"];
    for client in ["train", "infer", "hnn"] {
        assert_names(&help(client), &own);
    }
    let serve = help("serve");
    assert_names(&serve, &["--listen", "seal-nn certificates certs/", "SIGTERM", "--memory", "--idle", "--metrics"]);
    // What docs/deploy/ passes to it is there.
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deploy");
    let mut found = 0;
    for name in ["Containerfile", "seal-nn.service"] {
        let text = fs::read_to_string(deploy.join(name)).unwrap();
        let started = text.lines().filter(|line| line.starts_with("CMD") || line.starts_with("ExecStart="));
        for flag in started.flat_map(|line| line.split([' ', '"'])).filter(|word| word.starts_with("--")) {
            assert_names(&serve, &[&format!("{flag} <")]);
            found += 1;
        }
    }
    assert_eq!(found, 8);
}
