//! Batches, roots and transactions.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use signer_client::wire::{
    AuthorizationResponse, MalformedField, PayoutBatchRequest, RootRequest, TransactionRequest,
    TransactionResponse,
};
use signer_client::{BatchTerms, RootTerms, TransactionTerms};

use crate::authorize::{batch_key, root_key};
use crate::http::admit::{Body, admit, concluded, parse, refused};
use crate::http::problem::Failure;
use crate::http::{Served, answer};
use crate::purpose::Kind;
use crate::{Authorizer, Refusal};

pub(super) async fn batch(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer(Kind::PayoutBatch.name(), async move {
        decide_batch(&served.authorizer, &headers, body).await
    })
    .await
}

pub(super) async fn root(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer(Kind::Root.name(), async move {
        decide_root(&served.authorizer, &headers, body).await
    })
    .await
}

pub(super) async fn transaction(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer(Kind::Transaction.name(), async move {
        decide_transaction(&served.authorizer, &headers, body).await
    })
    .await
}

async fn decide_batch(
    authorizer: &Authorizer,
    headers: &HeaderMap,
    body: Body,
) -> Result<AuthorizationResponse, Failure> {
    let caller = admit(authorizer, headers, Kind::PayoutBatch).await?;
    let (terms, request) = match read_batch(body) {
        Ok(read) => read,
        Err(refusal) => return Err(refused(authorizer, caller.name(), "", refusal).await),
    };
    let result = authorizer.authorize_batch(caller, &terms, &request).await;
    let authorization = concluded(authorizer, caller, &batch_key(&terms), result).await?;
    Ok(AuthorizationResponse::of(&authorization))
}

async fn decide_root(
    authorizer: &Authorizer,
    headers: &HeaderMap,
    body: Body,
) -> Result<AuthorizationResponse, Failure> {
    let caller = admit(authorizer, headers, Kind::Root).await?;
    let (terms, request) = match read_root(body) {
        Ok(read) => read,
        Err(refusal) => return Err(refused(authorizer, caller.name(), "", refusal).await),
    };
    let result = authorizer.authorize_root(caller, &terms, &request).await;
    let authorization = concluded(authorizer, caller, &root_key(&terms), result).await?;
    Ok(AuthorizationResponse::of(&authorization))
}

async fn decide_transaction(
    authorizer: &Authorizer,
    headers: &HeaderMap,
    body: Body,
) -> Result<TransactionResponse, Failure> {
    let caller = admit(authorizer, headers, Kind::Transaction).await?;
    let (terms, request) = match read_transaction(body) {
        Ok(read) => read,
        Err(refusal) => return Err(refused(authorizer, caller.name(), "", refusal).await),
    };
    let key = authorizer.transaction_key(&terms);
    let result = authorizer.sign_transaction(caller, &terms, &request).await;
    let transaction = concluded(authorizer, caller, &key, result).await?;
    Ok(TransactionResponse::of(&transaction))
}

fn read_batch(body: Body) -> Result<(BatchTerms, Value), Refusal> {
    let terms = parse::<PayoutBatchRequest>(body)?
        .terms()
        .map_err(|error| malformed(&error))?;
    let request = canonical(&PayoutBatchRequest::of(&terms));
    Ok((terms, request))
}

fn read_root(body: Body) -> Result<(RootTerms, Value), Refusal> {
    let terms = parse::<RootRequest>(body)?
        .terms()
        .map_err(|error| malformed(&error))?;
    let request = canonical(&RootRequest::of(&terms));
    Ok((terms, request))
}

fn read_transaction(body: Body) -> Result<(TransactionTerms, Value), Refusal> {
    let terms = parse::<TransactionRequest>(body)?
        .terms()
        .map_err(|error| malformed(&error))?;
    let request = canonical(&TransactionRequest::of(&terms));
    Ok((terms, request))
}

pub(super) fn malformed(error: &MalformedField) -> Refusal {
    Refusal::Malformed(error.to_string())
}

/// Recorded as it is understood, in its canonical form.
pub(super) fn canonical(request: &impl Serialize) -> Value {
    serde_json::to_value(request).expect("texts and numbers are JSON")
}
