//! HTTP to one node: every answer bounded in time and size before it is parsed.
//!
//! Not responsible for what is asked or for what an answer means.

use std::task::{Context, Poll};
use std::time::Duration;

use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::{RpcError, TransportError, TransportErrorKind, TransportFut};
use reqwest::{Client, Response, Url, redirect};
use tower_service::Service;

use crate::error::{AnswerTooLarge, ChainError};

/// How long connecting may take; a node that needs longer does not keep up with the chain either.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The largest answer that is read. Ten thousand logs, more than any vendor serves at once, have about 10 MB.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How much of a page that is no JSON-RPC is kept; enough for a vendor's reason.
const PAGE_BYTES_MAX: usize = 500;

/// The connection to one node.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    url: Url,
}

impl Http {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// [`ChainError::BadUrl`], [`ChainError::Client`].
    pub(crate) fn new(rpc_url: &str, timeout: Duration) -> Result<Self, ChainError> {
        // Without a provider of its own the client panics; a second installation only says that there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            // A node answers where it was configured, or not at all.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(ChainError::Client)?;
        let url: Url = rpc_url.parse().map_err(|_| ChainError::BadUrl)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(ChainError::BadUrl);
        }
        Ok(Self { client, url })
    }

    /// Host and port. The rest of a vendor's URL is a secret.
    pub(crate) fn name(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    async fn exchange(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        // The URL may hold a vendor's key: it stays out of errors.
        let failed = |error: reqwest::Error| TransportErrorKind::custom(error.without_url());
        let mut response = self
            .client
            .post(self.url)
            .json(&request)
            .send()
            .await
            .map_err(failed)?;
        let status = response.status();
        let body = read(&mut response).await?;
        match serde_json::from_slice(&body) {
            Ok(packet) => Ok(packet),
            Err(_) if !status.is_success() => Err(TransportErrorKind::http_error(
                status.as_u16(),
                String::from_utf8_lossy(&body[..body.len().min(PAGE_BYTES_MAX)]).into_owned(),
            )),
            Err(error) => Err(RpcError::deser_err(error, String::new())),
        }
    }
}

async fn read(response: &mut Response) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await;
        match chunk.map_err(|error| TransportErrorKind::custom(error.without_url()))? {
            Some(chunk) if body.len() + chunk.len() > ANSWER_BYTES_MAX => {
                return Err(TransportErrorKind::custom(AnswerTooLarge {
                    bytes_max: ANSWER_BYTES_MAX,
                }));
            }
            Some(chunk) => body.extend_from_slice(&chunk),
            None => return Ok(body),
        }
    }
}

impl Service<RequestPacket> for Http {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().exchange(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_tell_the_key_in_the_url() {
        let http = Http::new("https://user:word@rpc.example/v1/SECRET?key=1", CONNECT_TIMEOUT).unwrap();
        assert_eq!(http.name(), "rpc.example:443");
    }

    #[test]
    fn only_urls_of_web_servers_are_taken() {
        for url in ["", "localhost:8545", "file:///etc/passwd", "ws://localhost:8545"] {
            assert!(
                matches!(Http::new(url, CONNECT_TIMEOUT), Err(ChainError::BadUrl)),
                "{url}"
            );
        }
    }
}
