//! Intakes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use settlement::authorization::IntakeKind;
use signer_client::wire::{AuthorizationResponse, IntakeRequest};

use crate::http::admit::{Body, admit, concluded, read};
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
        let authorizer = &served.authorizer;
        let caller = admit(authorizer, &headers, Kind::from(kind)).await?;
        let terms = |request: &IntakeRequest| request.terms(kind);
        let (terms, request) = read(authorizer, caller, body, terms, IntakeRequest::of).await?;
        let result = authorizer.authorize_intake(caller, &terms, &request).await;
        let authorization = concluded(authorizer, caller, &terms.business_key().to_string(), result).await?;
        Ok(AuthorizationResponse::of(&authorization))
    })
    .await
}
