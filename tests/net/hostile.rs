//! Nothing that a client sends does more than to be refused, by type and in words.

use std::{net::SocketAddr, time::Duration};

use bytes::{Buf, BufMut, Bytes};
use seal_nn::{net::ServerSettings, protocol::wire::Action};
use tonic::{
    Code, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    transport::Endpoint,
};

use super::{
    generated::{Kind, Offer, OpenPart, Program, Reason, RequestPart, open_part},
    raw::{self, attach, block_on, header, keys, message, offer, offer_of},
    running::{Running, plain},
    training::TRAINING,
};

/// Nothing is left of what was refused, and others are served.
async fn is_sound(server: &Running) {
    server.await_metric("seal_nn_sessions", 0.0);
    server.await_metric("seal_nn_memory_reserved_bytes", 0.0);
    let mut client = raw::client(server.address).await;
    let session = raw::session(&mut client, &TRAINING.opening, None).await;
    client.close(super::generated::CloseRequest { session: session.into() }).await.unwrap();
    server.await_metric("seal_nn_memory_reserved_bytes", 0.0);
}

#[test]
fn garbage_does_not_open_a_session() {
    let server = Running::start(ServerSettings { silence: Duration::from_secs(1), ..plain() });
    let good = || offer_of(&TRAINING.opening);
    let described =
        |description: Vec<u8>, parts: u64| Offer { programs: vec![Program { description: description.into(), parts }] };
    let description = TRAINING.opening.programs[0].description.to_vec();
    let text = String::from_utf8(description.clone()).unwrap();
    let all_keys = TRAINING.opening.keys.to_vec();
    let with_keys = |change: fn(&mut Vec<u8>)| {
        let mut changed = all_keys.clone();
        change(&mut changed);
        let pieces = changed.chunks(1 << 20).map(|piece| keys(piece.to_vec()));
        std::iter::once(offer(good())).chain(pieces).collect::<Vec<_>>()
    };
    let mut cases = vec![
        ("nothing", vec![], Reason::Order),
        ("an empty part", vec![OpenPart { part: None }], Reason::Order),
        ("keys first", vec![keys(vec![1; 100])], Reason::Order),
        ("no program", vec![offer(Offer { programs: vec![] })], Reason::Description),
        ("no description", vec![offer(described(vec![], 0))], Reason::Description),
        ("random bytes", vec![offer(described((0..=255).collect(), 1))], Reason::Description),
        ("a long description", vec![offer(described(vec![b' '; 900_000], 1))], Reason::Description),
        (
            "half of a description",
            vec![offer(described(description[..description.len() / 2].into(), 1))],
            Reason::Description,
        ),
        ("many programs", vec![offer(Offer { programs: vec![good().programs[0].clone(); 1000] })], Reason::Description),
        ("parts without end", vec![offer(described(description.clone(), u64::MAX))], Reason::TooLarge),
        ("an offer twice", vec![offer(good()), offer(good())], Reason::Order),
        ("an empty piece", vec![offer(good()), keys(vec![])], Reason::Order),
        ("a large piece", vec![offer(good()), keys(vec![0; (1 << 20) + 1])], Reason::Order),
        ("the end among keys", vec![offer(good()), keys(vec![0; 10])], Reason::Order),
        ("other keys", with_keys(|keys| keys.fill(0xff)), Reason::Keys),
        ("a key with a residue too large", with_keys(|keys| *keys.last_mut().unwrap() = 0xff), Reason::Keys),
    ];
    // A description with other numbers in it leads to another plan, or to none.
    for (from, to) in
        [("[4,8,3]", "[4,8,300000000]"), ("8192", "8190"), ("64", "640000000000"), ("split training", "nothing")]
    {
        assert!(text.contains(from), "{from} in {text}");
        cases.push((to, vec![offer(described(text.replace(from, to).into_bytes(), 1))], Reason::Description));
    }
    block_on(async {
        let mut client = raw::client(server.address).await;
        for (what, parts, expected) in cases {
            let (_, end) = raw::open(&mut client, parts, None).await;
            let (code, reason, text) = raw::refusal(end);
            assert_eq!(reason, expected, "{what}: {text}");
            let resource = reason == Reason::TooLarge;
            assert_eq!(code, if resource { Code::ResourceExhausted } else { Code::InvalidArgument }, "{what}");
            assert!(!text.is_empty());
        }
        // Keys that do not come: the memory is promised until the silence has lasted too long.
        let silent = raw::request(vec![offer(good())], None);
        let silent = tonic::Request::from_parts(
            Default::default(),
            Default::default(),
            tokio_stream::StreamExt::chain(silent.into_inner(), tokio_stream::pending()),
        );
        let (_, end) = raw::all(client.open(silent).await).await;
        assert_eq!(raw::refusal(end).1, Reason::Silence);
        is_sound(&server).await;
    });
}

#[test]
fn garbage_is_no_request() {
    let server = Running::start(ServerSettings { silence: Duration::from_secs(1), ..plain() });
    let (keep, forget, call) = (Kind::Keep as i32, Kind::Forget as i32, Kind::Call as i32);
    let Action::Keep(good) = TRAINING.commands()[0].action.clone() else { panic!("samples come first") };
    let length = good.len() as u64;
    block_on(async {
        let mut client = raw::client(server.address).await;
        for session in [vec![], vec![1], vec![0; 16], vec![0xff; 1000]] {
            let (_, end) = raw::exchange(&mut client, vec![attach(&session)], None).await;
            assert_eq!(raw::refusal(end).1, Reason::Session);
        }
        let session = raw::session(&mut client, &TRAINING.opening, None).await;
        let pieces = |bytes: &[u8]| bytes.chunks(1 << 20).map(|piece| message(piece.to_vec())).collect::<Vec<_>>();
        let garbled = |at: usize| {
            let mut bytes = good.to_vec();
            bytes[at] ^= 0x80;
            bytes
        };
        let with = |head: RequestPart, bytes: &[u8]| [vec![head], pieces(bytes)].concat();
        // Samples are longer than requests, or the other way round; each has its own limit.
        let host = &TRAINING.hosts()[0];
        let [most_kept, most_called] = [host.largest_keep(), host.largest_call()].map(|most| most as u64);
        assert_ne!(most_kept, most_called);
        let of_another = if length <= most_called { Reason::Message } else { Reason::Order };
        let cases: Vec<(&str, Vec<RequestPart>, Reason)> = vec![
            ("an empty part", vec![RequestPart { part: None }], Reason::Order),
            ("a name twice", vec![attach(&session)], Reason::Order),
            ("a message first", vec![message(vec![1])], Reason::Order),
            ("number 0", with(header(0, 0, keep, length), &good), Reason::Number),
            ("a gap", with(header(2, 0, keep, length), &good), Reason::Number),
            ("the last number", with(header(u64::MAX, 0, keep, length), &good), Reason::Number),
            ("another program", with(header(1, u32::MAX, keep, length), &good), Reason::Message),
            ("no kind", with(header(1, 0, 0, length), &good), Reason::Order),
            ("another kind", with(header(1, 0, i32::MIN, length), &good), Reason::Order),
            ("a message to forget", with(header(1, 0, forget, length), &good), Reason::Order),
            ("a length without end", vec![header(1, 0, keep, u64::MAX)], Reason::Order),
            ("more than is kept", vec![header(1, 0, keep, most_kept + 1)], Reason::Order),
            ("more than is asked", vec![header(1, 0, call, most_called + 1)], Reason::Order),
            ("less than announced", with(header(1, 0, keep, length), &good[1..]), Reason::Order),
            ("more than announced", with(header(1, 0, keep, length - 1), &good), Reason::Order),
            ("an empty message", with(header(1, 0, keep, 0), &[]), Reason::Message),
            ("another message", with(header(1, 0, call, length), &good), of_another),
            ("a garbled beginning", with(header(1, 0, keep, length), &garbled(0)), Reason::Message),
            ("a garbled header", with(header(1, 0, keep, length), &garbled(8)), Reason::Message),
            ("random bytes", with(header(1, 0, call, 1000), &[0xa5; 1000]), Reason::Message),
        ];
        for (what, parts, expected) in cases {
            let parts = [vec![attach(&session)], parts].concat();
            let (_, end) = raw::exchange(&mut client, parts, None).await;
            let (_, reason, text) = raw::refusal(end);
            assert_eq!(reason, expected, "{what}: {text}");
        }
        // The session has lived through it.
        let parts = [vec![attach(&session)], with(header(1, 0, keep, length), &good)].concat();
        let (replies, end) = raw::exchange(&mut client, parts, None).await;
        assert!(end.is_none() && replies.len() == 2, "{end:?}");
        client.close(super::generated::CloseRequest { session: session.into() }).await.unwrap();
        is_sound(&server).await;
    });
}

/// What is no message of protocol buffers at all, and messages beyond the limit of gRPC.
#[test]
fn bytes_that_are_no_messages_are_refused() {
    let server = Running::start(plain());
    block_on(async {
        let huge = vec![0x0a; 3 << 20];
        for bytes in [&[0xff; 40][..], &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f], &[0x12, 0x05, 0x01], &huge] {
            for path in ["/seal_nn.v1.Compute/Open", "/seal_nn.v1.Compute/Exchange"] {
                let status = send(server.address, path, bytes).await.unwrap_err();
                assert_eq!(raw::refusal(Some(status)).1, Reason::Order);
            }
        }
        let status = send(server.address, "/seal_nn.v1.Compute/Other", b"").await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        is_sound(&server).await;
    });
}

async fn send(address: SocketAddr, path: &'static str, bytes: &[u8]) -> Result<Vec<Bytes>, Status> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let mut grpc = Grpc::new(endpoint.connect().await.unwrap());
    grpc.ready().await.unwrap();
    let request = tonic::Request::new(tokio_stream::once(Bytes::copy_from_slice(bytes)));
    let mut replies = grpc.streaming(request, PathAndQuery::from_static(path), Raw).await?.into_inner();
    let mut found = Vec::new();
    while let Some(reply) = replies.message().await? {
        found.push(reply);
    }
    Ok(found)
}

/// Sends and takes bytes as they are.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, bytes: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(bytes);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// The parts of an offer are those of the .proto, so that others can write clients.
#[test]
fn an_offer_is_plain_protocol_buffers() {
    use prost::Message;
    let part = OpenPart {
        part: Some(open_part::Part::Offer(Offer {
            programs: vec![Program { description: Bytes::from_static(b"ab"), parts: 5 }],
        })),
    };
    assert_eq!(part.encode_to_vec(), [0x0a, 0x08, 0x0a, 0x06, 0x0a, 0x02, b'a', b'b', 0x10, 0x05]);
}
