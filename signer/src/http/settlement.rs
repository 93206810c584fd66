//! Batches, roots and transactions.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use signer_client::wire::{
    AuthorizationResponse, PayoutBatchRequest, RootRequest, TransactionRequest, TransactionResponse,
};

use crate::authorize::{batch_key, root_key};
use crate::http::admit::{Body, admit, concluded, read};
use crate::http::{Served, answer};
use crate::purpose::Kind;

pub(super) async fn batch(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer(Kind::PayoutBatch.name(), async move {
        let authorizer = &served.authorizer;
        let caller = admit(authorizer, &headers, Kind::PayoutBatch).await?;
        let (terms, request) = read(
            authorizer,
            caller,
            body,
            PayoutBatchRequest::terms,
            PayoutBatchRequest::of,
        )
        .await?;
        let result = authorizer.authorize_batch(caller, &terms, &request).await;
        let authorization = concluded(authorizer, caller, &batch_key(&terms), result).await?;
        Ok(AuthorizationResponse::of(&authorization))
    })
    .await
}

pub(super) async fn root(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer(Kind::Root.name(), async move {
        let authorizer = &served.authorizer;
        let caller = admit(authorizer, &headers, Kind::Root).await?;
        let (terms, request) = read(authorizer, caller, body, RootRequest::terms, RootRequest::of).await?;
        let result = authorizer.authorize_root(caller, &terms, &request).await;
        let authorization = concluded(authorizer, caller, &root_key(&terms), result).await?;
        Ok(AuthorizationResponse::of(&authorization))
    })
    .await
}

pub(super) async fn transaction(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer(Kind::Transaction.name(), async move {
        let authorizer = &served.authorizer;
        let caller = admit(authorizer, &headers, Kind::Transaction).await?;
        let (terms, request) = read(
            authorizer,
            caller,
            body,
            TransactionRequest::terms,
            TransactionRequest::of,
        )
        .await?;
        let key = authorizer.transaction_key(&terms);
        let result = authorizer.sign_transaction(caller, &terms, &request).await;
        let transaction = concluded(authorizer, caller, &key, result).await?;
        Ok(TransactionResponse::of(&transaction))
    })
    .await
}
