//! Intakes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use settlement::authorization::IntakeKind;
use signer_client::wire::{AuthorizationResponse, IntakeRequest};

use crate::Authorizer;
use crate::http::admit::{Body, admit, concluded, parse, refused};
use crate::http::problem::Failure;
use crate::http::settlement::{canonical, malformed};
use crate::http::{Served, answer};
use crate::purpose::Kind;

pub(super) async fn registration(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    authorize(served, IntakeKind::Registration, headers, body).await
}

pub(super) async fn retopup(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    authorize(served, IntakeKind::Retopup, headers, body).await
}

async fn authorize(served: Served, kind: IntakeKind, headers: HeaderMap, body: Body) -> Response {
    answer(kind.name(), async move {
        decide(&served.authorizer, kind, &headers, body).await
    })
    .await
}

async fn decide(
    authorizer: &Authorizer,
    kind: IntakeKind,
    headers: &HeaderMap,
    body: Body,
) -> Result<AuthorizationResponse, Failure> {
    let caller = admit(authorizer, headers, Kind::from(kind)).await?;
    let read = parse::<IntakeRequest>(body)
        .and_then(|request| request.terms(kind).map_err(|error| malformed(&error)));
    let terms = match read {
        Ok(terms) => terms,
        Err(refusal) => return Err(refused(authorizer, caller.name(), "", refusal).await),
    };
    let request = canonical(&IntakeRequest::of(&terms));
    let result = authorizer.authorize_intake(caller, &terms, &request).await;
    let authorization = concluded(authorizer, caller, &terms.business_key().to_string(), result).await?;
    Ok(AuthorizationResponse::of(&authorization))
}
