//! A client that sends whatever it is told.

use std::net::SocketAddr;

use prost::Message;
use seal_nn::protocol::wire::Opening;
use tonic::{Request, Status, Streaming, transport::Endpoint};

use super::generated::{
    self, Attach, Offer, OpenPart, OpenReply, Program, ReplyPart, RequestPart, compute_client::ComputeClient,
    open_part, open_reply::Reply, request_part,
};

pub type Client = ComputeClient<tonic::transport::Channel>;

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub async fn client(address: SocketAddr) -> Client {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    ComputeClient::new(endpoint.connect().await.unwrap())
}

/// A stream of these parts, with a token.
pub fn request<T: Send + 'static>(
    parts: Vec<T>,
    token: Option<&str>,
) -> Request<impl tokio_stream::Stream<Item = T> + Send + 'static> {
    let mut request = Request::new(tokio_stream::iter(parts));
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", token.parse().unwrap());
    }
    request
}

/// All that comes before the end of a stream, and the status at its end.
pub async fn all<T>(replies: Result<tonic::Response<Streaming<T>>, Status>) -> (Vec<T>, Option<Status>) {
    let mut found = Vec::new();
    let mut replies = match replies {
        Ok(replies) => replies.into_inner(),
        Err(status) => return (found, Some(status)),
    };
    loop {
        match replies.message().await {
            Ok(Some(reply)) => found.push(reply),
            Ok(None) => return (found, None),
            Err(status) => return (found, Some(status)),
        }
    }
}

pub async fn open(client: &mut Client, parts: Vec<OpenPart>, token: Option<&str>) -> (Vec<OpenReply>, Option<Status>) {
    all(client.open(request(parts, token)).await).await
}

pub async fn exchange(
    client: &mut Client,
    parts: Vec<RequestPart>,
    token: Option<&str>,
) -> (Vec<ReplyPart>, Option<Status>) {
    all(client.exchange(request(parts, token)).await).await
}

/// The typed refusal in a status.
pub fn refusal(status: Option<Status>) -> (tonic::Code, generated::Reason, String) {
    let status = status.expect("a refusal");
    let details = generated::Refusal::decode(status.details()).unwrap();
    assert_eq!(details.text, status.message());
    (status.code(), details.reason(), details.text)
}

pub fn offer_of(opening: &Opening) -> Offer {
    let programs = opening.programs.iter();
    let program = |one: &seal_nn::protocol::wire::Announcement| Program {
        description: one.description.clone(),
        parts: one.parts as u64,
    };
    Offer { programs: programs.map(program).collect() }
}

pub fn offer(offer: Offer) -> OpenPart {
    OpenPart { part: Some(open_part::Part::Offer(offer)) }
}

pub fn keys(piece: Vec<u8>) -> OpenPart {
    OpenPart { part: Some(open_part::Part::Keys(piece.into())) }
}

pub fn attach(session: &[u8]) -> RequestPart {
    RequestPart { part: Some(request_part::Part::Attach(Attach { session: session.to_vec().into() })) }
}

pub fn header(number: u64, program: u32, kind: i32, length: u64) -> RequestPart {
    let header = generated::Request { number, program, kind, length };
    RequestPart { part: Some(request_part::Part::Request(header)) }
}

pub fn message(piece: Vec<u8>) -> RequestPart {
    RequestPart { part: Some(request_part::Part::Message(piece.into())) }
}

/// The parts that open a session.
pub fn opening(opening: &Opening) -> Vec<OpenPart> {
    let pieces = opening.keys.chunks(1 << 20).map(|piece| keys(piece.to_vec()));
    std::iter::once(offer(offer_of(opening))).chain(pieces).collect()
}

/// Opens a session, whose name it returns.
pub async fn session(client: &mut Client, of: &Opening, token: Option<&str>) -> Vec<u8> {
    let (replies, end) = open(client, opening(of), token).await;
    assert!(end.is_none(), "{end:?}");
    match &replies[..] {
        [OpenReply { reply: Some(Reply::Terms(terms)) }, OpenReply { reply: Some(Reply::Opened(opened)) }] => {
            assert_eq!(terms.key_bytes, of.keys.len() as u64);
            assert!(terms.memory > terms.key_bytes && terms.longest_request > 0);
            opened.session.to_vec()
        }
        other => panic!("{other:?}"),
    }
}
