//! Batches, roots and transactions.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use signer_client::{BatchTerms, RootTerms, TransactionTerms};

use crate::authorize::{batch_key, root_key};
use crate::http::admit::{Body, admit, concluded, read};
use crate::http::{Served, answer};
use crate::purpose::Kind;

pub(super) async fn batch(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer(Kind::PayoutBatch.name(), async move {
        let authorizer = &served.authorizer;
        let caller = admit(authorizer, &headers, Kind::PayoutBatch).await?;
        let (terms, canonical) = read::<BatchTerms>(authorizer, caller, body).await?;
        let result = authorizer.authorize_batch(caller, &terms, &canonical).await;
        concluded(authorizer, caller, &batch_key(&terms), result).await
    })
    .await
}

pub(super) async fn root(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer(Kind::Root.name(), async move {
        let authorizer = &served.authorizer;
        let caller = admit(authorizer, &headers, Kind::Root).await?;
        let (terms, canonical) = read::<RootTerms>(authorizer, caller, body).await?;
        let result = authorizer.authorize_root(caller, &terms, &canonical).await;
        concluded(authorizer, caller, &root_key(&terms), result).await
    })
    .await
}

pub(super) async fn transaction(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer(Kind::Transaction.name(), async move {
        let authorizer = &served.authorizer;
        let caller = admit(authorizer, &headers, Kind::Transaction).await?;
        let (terms, canonical) = read::<TransactionTerms>(authorizer, caller, body).await?;
        let key = authorizer.transaction_key(&terms);
        let result = authorizer.sign_transaction(caller, &terms, &canonical).await;
        concluded(authorizer, caller, &key, result).await
    })
    .await
}
