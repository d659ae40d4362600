//! A server on several ranks.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use tempfile::tempdir;

use crate::{
    inferences::{Predicted, infer, trained},
    job::{alone, program, succeeded},
    killed::process_of,
    trainings::Trained,
};

/// A client that plans for two ranks comes to the same as alone, and one that does not is served too. SIGTERM to rank 0 ends
/// all ranks in order.
#[test]
fn ranks_share_the_work_of_clients() {
    let folder = tempdir().unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--insecure-plain-text"];
    let mut server = program(2, folder.path(), &serve).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let listening = lines.find(|line| line.starts_with("listening")).unwrap();
    let address = listening.split_whitespace().nth(1).unwrap().trim_end_matches(',');

    let train = |out: &str, more: &[&str]| {
        let what = ["train", "--dataset", "iris", "--steps", "3", "--out", out];
        succeeded(alone(folder.path(), &[&what[..], more].concat()).output().unwrap());
        Trained::read(&folder.path().join(out))
    };
    let at_server = ["--server", address, "--insecure-plain-text"];
    let served = train("served", &[&at_server[..], &["--ranks", "2"]].concat());
    served.assert_same(&train("alone", &["--ranks", "2"]));
    train("served-too", &at_server).assert_same(&train("alone-too", &[]));

    trained(folder.path());
    let predict = |out: &str, more: &[&str]| {
        let job = alone(folder.path(), &infer("tiles", out, &[&["--ranks", "2"], more].concat()));
        Predicted::of(job, &folder.path().join(out))
    };
    predict("served.csv", &at_server).assert_same(&predict("alone.csv", &[]));

    let kill = Command::new("kill").args(["-TERM", &process_of(&server, "0")]).status().unwrap();
    assert!(kill.success() && server.wait().unwrap().success());
}
