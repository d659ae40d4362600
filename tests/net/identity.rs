//! Who is let in, and to which session.

use std::{fs, path::Path};

use seal_nn::{
    Error, NetError, Refusal,
    net::{
        Authority, ClientCertificates, ClientSecurity, ClientSettings, Connection, ServerCertificates, ServerSecurity,
        ServerSettings, Stop, Token, Tokens, serve,
    },
    protocol::wire::{Connect, Failure},
};
use tonic::Code;

use super::{
    certificates::Certificates,
    generated::Reason,
    raw::{self, block_on},
    requests::refusal,
    running::{MEMORY, Running, mutual, mutual_client},
    training::TRAINING,
};

const TOKENS: [&str; 2] = ["first-of-the-tokens-0123456789", "second-of-the-tokens-012345678"];

fn open(settings: ClientSettings) -> Result<(), Failure> {
    Connection::new(settings).unwrap().open(&TRAINING.opening)
}

fn untrusted(result: Result<(), Failure>) -> String {
    match result {
        Err(Failure::Refused(Error::Net(NetError::Untrusted { reason, .. }))) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn certificates_are_checked_on_both_sides() {
    let (ours, others) = (Certificates::new(), Certificates::new());
    let server = Running::start(mutual(&ours));
    let client = |security| ClientSettings::new(format!("localhost:{}", server.address.port()), security);
    let folder = |certificates: &Certificates| certificates.folder.path().to_owned();

    // A client without a certificate.
    let authority = Authority::load(&folder(&ours).join("ca.pem")).unwrap();
    let token = Token::new(TOKENS[0]).unwrap();
    let reason = untrusted(open(client(ClientSecurity::TlsWithToken(authority, token))));
    assert!(reason.contains("CertificateRequired"), "{reason}");

    // A client that does not know the server.
    let reason = untrusted(open(mutual_client(server.address, &others)));
    assert!(reason.contains("invalid peer certificate"), "{reason}");

    // A client of another authority, that does.
    fs::copy(folder(&ours).join("ca.pem"), folder(&others).join("ca.pem")).unwrap();
    let reason = untrusted(open(mutual_client(server.address, &others)));
    assert!(reason.contains("alert"), "{reason}");

    // A server of another name, and one that speaks no TLS.
    let elsewhere = Certificates::new();
    elsewhere.add("server", &["elsewhere.org"]);
    let other = Running::start(mutual(&elsewhere));
    let reason = untrusted(open(mutual_client(other.address, &elsewhere)));
    assert!(reason.contains("elsewhere.org"), "{reason}");
    let in_clear = open(client(ClientSecurity::InsecurePlainText(None)));
    assert!(matches!(in_clear, Err(Failure::ConnectionLost { .. })), "{in_clear:?}");
    assert_eq!(server.metric("seal_nn_sessions_opened_total"), 0.0);

    open(mutual_client(server.address, &ours)).unwrap();
}

#[test]
fn a_token_is_as_good_as_a_certificate() {
    let certificates = Certificates::new();
    let folder = certificates.folder.path();
    fs::write(folder.join("tokens"), format!("# Clients.\n\n{}\n  {}\n", TOKENS[0], TOKENS[1])).unwrap();
    let tokens = Tokens::load(&folder.join("tokens")).unwrap();
    let security = ServerSecurity::TlsWithTokens(ServerCertificates::load(folder).unwrap(), tokens);
    let server = Running::start(ServerSettings::new(security, MEMORY));
    let with = |token: &str| {
        let authority = Authority::load(&folder.join("ca.pem")).unwrap();
        let security = ClientSecurity::TlsWithToken(authority, Token::new(token).unwrap());
        open(ClientSettings::new(server.address.to_string(), security))
    };
    for token in TOKENS {
        with(token).unwrap();
    }
    for wrong in ["first-of-the-tokens-0123456788", "first-of-the-tokens-01234567890"] {
        assert_eq!(refusal(with(wrong)).0, Refusal::Identity);
    }
    open(mutual_client(server.address, &certificates)).unwrap();
}

#[test]
fn a_session_is_of_who_opened_it() {
    let tokens = Tokens::new(&TOKENS.map(|token| Token::new(token).unwrap()));
    let server = Running::start(ServerSettings::new(ServerSecurity::InsecurePlainText(Some(tokens)), MEMORY));
    let [first, second] = TOKENS.map(|token| format!("Bearer {token}"));
    block_on(async {
        let mut client = raw::client(server.address).await;
        for nobody in [None, Some("Bearer "), Some(TOKENS[0]), Some("bearer first-of-the-tokens-0123456789")] {
            let (_, end) = raw::open(&mut client, raw::opening(&TRAINING.opening), nobody).await;
            assert_eq!(raw::refusal(end).0, Code::Unauthenticated);
            let (_, end) = raw::exchange(&mut client, vec![raw::attach(&[0; 16])], nobody).await;
            assert_eq!(raw::refusal(end).0, Code::Unauthenticated);
        }
        let name = raw::session(&mut client, &TRAINING.opening, Some(&first)).await;
        assert_eq!(name.len(), 16);
        let other = raw::session(&mut client, &TRAINING.opening, Some(&first)).await;
        assert_ne!(name, other);

        // Another client learns nothing of it, and does not end it.
        let (_, theirs) = raw::exchange(&mut client, vec![raw::attach(&name)], Some(&second)).await;
        let (_, nobodys) = raw::exchange(&mut client, vec![raw::attach(&[7; 16])], Some(&second)).await;
        let theirs = raw::refusal(theirs);
        assert_eq!((theirs.0, theirs.1), (Code::NotFound, Reason::Session));
        assert_eq!(theirs, raw::refusal(nobodys));
        let mut close = tonic::Request::new(super::generated::CloseRequest { session: name.clone().into() });
        close.metadata_mut().insert("authorization", second.parse().unwrap());
        client.close(close).await.unwrap();

        let (replies, end) = raw::exchange(&mut client, vec![raw::attach(&name)], Some(&first)).await;
        assert!(end.is_none() && replies.len() == 1, "{end:?}");
    });
}

#[test]
fn plain_text_stays_on_this_machine() {
    let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let settings = ServerSettings::new(ServerSecurity::InsecurePlainText(None), MEMORY);
    let refused = serve(settings, listener, Stop::new());
    assert!(matches!(refused, Err(Error::Net(NetError::PlainText { .. }))), "{refused:?}");
}

#[test]
fn addresses_are_checked() {
    for wrong in ["", "localhost", "localhost:", "local host:1", "localhost:1000000", "http://localhost:1"] {
        let settings = ClientSettings::new(wrong, ClientSecurity::InsecurePlainText(None));
        let error = Connection::new(settings).err();
        assert!(matches!(error, Some(Error::Net(NetError::Address { .. }))), "{wrong}: {error:?}");
    }
    let settings = ClientSettings::new("[::1]:7443", ClientSecurity::InsecurePlainText(None));
    Connection::new(settings).unwrap();
}

#[test]
fn bad_files_are_named() {
    let certificates = Certificates::new();
    let folder = certificates.folder.path();
    let file_of = |error: Option<Error>| match error {
        Some(Error::Net(NetError::File { path, reason })) => {
            (path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), reason)
        }
        other => panic!("{other:?}"),
    };
    let load = |folder: &Path| {
        let server = ServerCertificates::load(folder).err();
        server.or(ClientCertificates::load(folder).err())
    };
    assert!(load(folder).is_none());
    for name in ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"] {
        let path = folder.join(name);
        let text = fs::read(&path).unwrap();
        for damaged in [&b"nothing"[..], b"", &text[..text.len() / 2]] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(file_of(load(folder)).0, name);
        }
        fs::remove_file(&path).unwrap();
        let (file, reason) = file_of(load(folder));
        assert_eq!(file, name);
        assert!(reason.contains("No such file"), "{reason}");
        fs::write(&path, text).unwrap();
    }
    // The key of another.
    fs::copy(folder.join("client.key"), folder.join("server.key")).unwrap();
    assert!(matches!(load(folder), Some(Error::Net(NetError::Certificates { .. }))));

    let tokens = folder.join("tokens");
    assert_eq!(file_of(Tokens::load(&tokens).err()).0, "tokens");
    for (text, named) in
        [("", "no token"), ("# none\n", "no token"), ("short\n", "line 1"), ("\na b c d e f g h i j k l\n", "line 2")]
    {
        fs::write(&tokens, text).unwrap();
        let (_, reason) = file_of(Tokens::load(&tokens).err());
        assert!(reason.contains(named), "{text:?}: {reason}");
    }
    fs::write(&tokens, TOKENS.join("\n")).unwrap();
    assert_eq!(file_of(Token::load(&tokens).err()).0, "tokens");
    fs::write(&tokens, TOKENS[0]).unwrap();
    Token::load(&tokens).unwrap();
}
