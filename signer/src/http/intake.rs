//! Intakes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use settlement::authorization::IntakeKind;
use signer_client::wire::IntakeRequest;

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
        let (request, canonical) = read::<IntakeRequest>(authorizer, caller, body).await?;
        let terms = request.terms(kind);
        let result = authorizer.authorize_intake(caller, &terms, &canonical).await;
        concluded(authorizer, caller, &terms.business_key().to_string(), result).await
    })
    .await
}
