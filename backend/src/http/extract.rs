//! Extractors for bodies, paths, queries and headers, each with its own problem.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::time::Duration;

use axum::Json;
use axum::extract;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use service::client::ClientAddress;
use service::headers::bearer_token;
use service::limiter::Quota;
use store::user::User;

use super::Server;
use super::code::Code;
use super::error::Problem;
use crate::app::access::{self, Needs, Operator};
use crate::app::session::{self, Caller, Client};

/// Authorizations that one wallet may request: a person tries a few times, and each costs a signature.
const AUTHORIZATIONS_PER_WALLET: Quota = Quota {
    name: "authorizations",
    burst: 20,
    refill: Duration::from_secs(3),
};

/// Files that one operator may take: each reads up to a hundred thousand rows.
const EXPORTS_PER_WALLET: Quota = Quota {
    name: "exports",
    burst: 10,
    refill: Duration::from_secs(10),
};

/// A JSON body.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = Json::from_request(request, state).await;
        let Json(Object(body)) = read.map_err(|rejection: JsonRejection| {
            let code = match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
                StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
                _ => Code::MalformedJson,
            };
            Problem::because(code, rejection.body_text())
        })?;
        Ok(Self(body))
    }
}

/// A JSON object. What serde derives also takes arrays, whose missing elements are defaults: `[]` would be a request
/// without filters.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Parts of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let extract::Path(segments) = extract::Path::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::because(Code::MalformedPath, rejection.body_text()))?;
        Ok(Self(segments))
    }
}

/// Parameters of the query.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let extract::Query(search) = extract::Query::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::because(Code::MalformedQuery, rejection.body_text()))?;
        Ok(Self(search))
    }
}

/// The token of the header `authorization`, good or not.
#[derive(Debug)]
pub struct AccessToken(pub String);

impl<S: Send + Sync> FromRequestParts<S> for AccessToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Err(Problem::new(Code::Unauthenticated));
        }
        let token = bearer_token(&parts.headers).ok_or_else(|| {
            Problem::because(
                Code::MalformedHeader,
                "authorization must be `Bearer` followed by a token",
            )
        })?;
        Ok(Self(token.to_owned()))
    }
}

impl FromRequestParts<Server> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let token = AccessToken::from_request_parts(parts, server).await?;
        Ok(session::authenticate(&server.app, &token.0).await?)
    }
}

/// Asked before anything else of the request is read, so that others learn nothing from what is wrong with it.
impl<N: Needs> FromRequestParts<Server> for Operator<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, server).await?;
        Ok(Self::admit(&server.app, &caller).await?)
    }
}

/// The user that the path names, who must be the caller.
#[derive(Debug)]
pub struct OwnUser(pub User);

impl FromRequestParts<Server> for OwnUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, server).await?;
        let Path(id) = Path::from_request_parts(parts, server).await?;
        Ok(Self(access::own_user(&server.app, &caller, id).await?))
    }
}

/// As [`OwnUser`]; an unregistered wallet gets an error that says so.
#[derive(Debug)]
pub struct RegisteredUser(pub User);

impl FromRequestParts<Server> for RegisteredUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, server).await?;
        let Path(id) = Path::from_request_parts(parts, server).await?;
        Ok(Self(access::registered_user(&server.app, &caller, id).await?))
    }
}

/// The user that the path names, whom the caller must be allowed to see.
#[derive(Debug)]
pub struct VisibleUser(pub User);

impl FromRequestParts<Server> for VisibleUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, server).await?;
        let Path(id) = Path::from_request_parts(parts, server).await?;
        Ok(Self(access::visible_user(&server.app, &caller, id).await?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let user_agent = parts.headers.get(header::USER_AGENT);
        Ok(Self::new(
            &ClientAddress::of(&parts.extensions).key(),
            user_agent.map_or(&[], |value| value.as_bytes()),
        ))
    }
}

/// The header `Idempotency-Key`.
#[derive(Debug)]
pub struct IdempotencyKey(pub String);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let value = parts
            .headers
            .get("idempotency-key")
            .ok_or_else(|| Problem::new(Code::IdempotencyKeyMissing))?;
        let key = value.to_str().map_err(|_| malformed_key())?;
        Ok(Self(key.to_owned()))
    }
}

/// A key that the inbox does not take.
pub(super) fn malformed_key() -> Problem {
    Problem::because(
        Code::MalformedHeader,
        "idempotency-key must have 1 to 128 printable ASCII characters",
    )
}

/// Refuses an address that asks too often, before anything else is done for it.
///
/// The address is that of the connection, or what a trusted proxy says; see `service::client`.
pub async fn limit_address(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = ClientAddress::of(request.extensions()).key();
    take(&server, server.per_address, &key)?;
    Ok(next.run(request).await)
}

/// One of the requests that write rows for someone who is not signed in, within what the address may.
#[derive(Debug)]
pub struct SignInPermit;

impl FromRequestParts<Server> for SignInPermit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let key = ClientAddress::of(&parts.extensions).key();
        take(server, server.sign_ins, &key).map(|()| Self)
    }
}

/// Refuses a wallet that requests too many authorizations.
pub(super) fn limit_wallet(server: &Server, caller: &Caller) -> Result<(), Problem> {
    take(server, AUTHORIZATIONS_PER_WALLET, caller.wallet.as_slice())
}

/// Refuses an operator who takes too many files.
pub(super) fn limit_exports(server: &Server, caller: &Caller) -> Result<(), Problem> {
    take(server, EXPORTS_PER_WALLET, caller.wallet.as_slice())
}

fn take(server: &Server, quota: Quota, key: &[u8]) -> Result<(), Problem> {
    server
        .app
        .limiter
        .take(quota, key)
        .map_err(|exceeded| Problem::rate_limited(exceeded.retry_after_seconds))
}
