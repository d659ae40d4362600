//! Where metrics are read: one page over HTTP.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

use super::service::Shared;

/// Connections at a time, and how long each may take: a page is asked for, sent, and that is all.
const CONNECTIONS: usize = 8;
const TIME: Duration = Duration::from_secs(10);
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers until it is dropped.
pub(super) async fn serve_metrics(listener: TcpListener, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(place) = places.clone().acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            // Such as no more files.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let shared = shared.clone();
        tokio::spawn(async move {
            let _place = place;
            let answer = service_fn(|request: Request<Incoming>| {
                let page = (request.uri().path() == "/metrics").then(|| shared.metrics_text());
                async { Ok::<_, Infallible>(response(page)) }
            });
            let connection = http1::Builder::new()
                .keep_alive(false)
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), answer);
            // Nobody is told of a reader that went.
            drop(timeout(TIME, connection).await);
        });
    }
}

fn response(page: Option<String>) -> Response<Full<Bytes>> {
    let status = if page.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(Full::from(page.unwrap_or_else(|| "metrics are at /metrics\n".into())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
    response
}
