//! Fetching a model: from a hub that the test itself runs, because tests stay off the network.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::kit::tiny_distilbert::{WORDS, config, safetensors, weights};
use safetensors::Dtype;
use seal_nn::text::{SentenceEncoder, download};
use tempfile::TempDir;

const COMMIT: &str = "0123abcd";

/// A hub with one model, `somebody/tiny`; says where it listens, and counts what it is asked for.
fn hub() -> (String, Arc<AtomicUsize>) {
    let files: BTreeMap<&str, Vec<u8>> = [
        ("README.md", b"not for us".to_vec()),
        ("config.json", config().to_string().into()),
        ("vocab.txt", WORDS.join("\n").into()),
        ("model.safetensors", safetensors(&weights(), |_| Dtype::F32)),
    ]
    .into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = requests.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            answer(stream.unwrap(), &files);
        }
    });
    (format!("http://{address}"), requests)
}

/// One request: for the list of files, or for a range of one of them.
fn answer(mut stream: TcpStream, files: &BTreeMap<&str, Vec<u8>>) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let path = request.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let range = request.iter().find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let file = path.strip_prefix(&format!("/somebody/tiny/resolve/{COMMIT}/"));
    let (head, body) = match (path, file.and_then(|name| files.get(name)), range) {
        ("/api/models/somebody/tiny/revision/main", ..) => {
            let names: Vec<_> = files.keys().map(|name| serde_json::json!({"rfilename": name})).collect();
            ("200 OK".into(), serde_json::json!({"sha": COMMIT, "siblings": names}).to_string().into_bytes())
        }
        (_, Some(bytes), Some(range)) => {
            let (first, last) = range.split_once('-').unwrap();
            let (first, end) = (first.parse().unwrap(), last.parse().map_or(bytes.len(), |last: usize| last + 1));
            let (tag, of) = (file.unwrap_or_default(), bytes.len());
            let about = format!("x-repo-commit: {COMMIT}\r\netag: \"{tag}\"");
            let head = format!("206 Partial Content\r\n{about}\r\ncontent-range: bytes {first}-{}/{of}", end - 1);
            (head, bytes[first..end].to_vec())
        }
        _ => ("404 Not Found".into(), Vec::new()),
    };
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.into_bytes(), body].concat()).unwrap();
}

/// What `download` prints in a process with another hub and cache: a process's environment is its own.
fn download_from(hub: &str, cache: &Path, name: &str) -> String {
    let child = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "download::child"])
        .envs([("HF_ENDPOINT", hub), ("HF_HOME", cache.to_str().unwrap()), ("MODEL", name)])
        .output()
        .unwrap();
    String::from_utf8(child.stdout).unwrap()
}

#[test]
#[ignore = "run by the others in a process of its own"]
fn child() {
    let Ok(name) = env::var("MODEL") else { return };
    match download(&name) {
        Ok(folder) => println!("width {} from {}", SentenceEncoder::load(&folder).unwrap().width(), folder.display()),
        Err(error) => println!("{error}"),
    }
}

#[test]
fn a_published_model_is_fetched_once() {
    let cache = TempDir::new().unwrap();
    let (hub, requests) = hub();
    // The list of files, and two for each of the three that are read: its size, and its bytes. Then only the list.
    for expected in [1 + 2 * 3, 1] {
        let printed = download_from(&hub, cache.path(), "somebody/tiny");
        assert!(printed.contains("width 32 from") && printed.contains(COMMIT), "{printed}");
        assert_eq!(requests.swap(0, Ordering::SeqCst), expected);
    }
}

#[test]
fn what_cannot_be_fetched_is_named() {
    let cache = TempDir::new().unwrap();
    let unknown = download_from(&hub().0, cache.path(), "nobody/tiny");
    assert!(unknown.contains("cannot download \"nobody/tiny\"") && unknown.contains("404"), "{unknown}");
    // Nobody listens on port 1.
    let offline = download_from("http://127.0.0.1:1", cache.path(), "somebody/tiny");
    assert!(offline.contains("cannot download \"somebody/tiny\"") && offline.contains("docs/text.md"), "{offline}");
    for name in ["", "../../etc", "a b", "a/b/c", "a?b"] {
        // Refused before the hub is asked.
        let error = download(name).unwrap_err().to_string();
        assert!(error.contains("a name has letters"), "{name:?}: {error}");
    }
}
