//! HTTP: one request or several at once, and connections that end badly.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::stream;
use serde_json::{Value, json};

use crate::fault::with_error;
use crate::replica::{Core, Reply};

/// What a request may have: more than any raw transaction that a chain takes.
const REQUEST_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The JSON-RPC code of what is no JSON.
const PARSE_ERROR: i64 = -32700;

/// One replica's end of the proxy.
#[derive(Clone)]
pub(crate) struct Port {
    pub(crate) core: Arc<Core>,
    pub(crate) replica: usize,
}

pub(crate) fn router(port: Port) -> Router {
    Router::new()
        .route("/", post(serve))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(port)
}

async fn serve(State(port): State<Port>, body: Bytes) -> Response {
    let request: Value = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return json_answer(&with_error(&Value::Null, PARSE_ERROR, &error.to_string())),
    };
    let Value::Array(requests) = request else {
        let reply = port.core.reply(port.replica, &request).await;
        return respond(reply).await;
    };
    let mut answers = Vec::with_capacity(requests.len());
    // What happens to the connection happens to all of them, after each was looked at.
    let mut worst = None;
    for request in &requests {
        match port.core.reply(port.replica, request).await {
            Reply::Answer(answer) => answers.push(answer),
            Reply::Half(answer) => {
                answers.push(answer);
                worst.get_or_insert(Reply::Half(Value::Null));
            }
            other @ (Reply::Status(_) | Reply::Close | Reply::Never) => {
                worst.get_or_insert(other);
            }
        }
    }
    match worst {
        None => respond(Reply::Answer(Value::Array(answers))).await,
        Some(Reply::Half(_)) => respond(Reply::Half(Value::Array(answers))).await,
        Some(other) => respond(other).await,
    }
}

async fn respond(reply: Reply) -> Response {
    match reply {
        Reply::Answer(answer) => json_answer(&answer),
        Reply::Half(answer) => {
            let text = answer.to_string();
            // Cut by bytes: what remains need not be text.
            let half = text.as_bytes()[..text.len() / 2].to_vec();
            ([(header::CONTENT_TYPE, "application/json")], half).into_response()
        }
        Reply::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, "<html><body>This node misbehaves.</body></html>").into_response()
        }
        Reply::Close => {
            // A body that fails ends the connection without its end.
            let broken = stream::once(async { Err::<Bytes, _>(io::Error::other("closed on purpose")) });
            Response::new(Body::from_stream(broken))
        }
        Reply::Never => std::future::pending().await,
    }
}

fn json_answer(answer: &Value) -> Response {
    axum::Json(json!(answer)).into_response()
}
