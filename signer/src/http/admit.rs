//! From a request to its caller and its terms, and from a refusal to its record.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use service::ErrorChain;
use service::headers::bearer_token;
use signer_client::wire::explain;

use crate::callers::Caller;
use crate::http::problem::Failure;
use crate::purpose::Kind;
use crate::{AuthorizeError, Authorizer, Refusal};

/// A body, or why there is none.
pub(super) type Body = Result<Bytes, BytesRejection>;

/// The caller, with one request taken, if it may request this.
pub(super) async fn admit<'a>(
    authorizer: &'a Authorizer,
    headers: &HeaderMap,
    kind: Kind,
) -> Result<&'a Caller, Failure> {
    let caller = match authorizer.find_caller(bearer_token(headers)) {
        Ok(caller) => caller,
        Err(refusal) => return Err(refused(authorizer, "", "", refusal).await),
    };
    let admitted = if caller.take_request() {
        authorizer.check_permitted(caller, kind)
    } else {
        Err(Refusal::RateLimited)
    };
    match admitted {
        Ok(()) => Ok(caller),
        Err(refusal) => Err(refused(authorizer, caller.name(), "", refusal).await),
    }
}

/// A request, and as it is understood, in its canonical form: so it is recorded.
pub(super) async fn read<R: DeserializeOwned + Serialize>(
    authorizer: &Authorizer,
    caller: &Caller,
    body: Body,
) -> Result<(R, Value), Failure> {
    match parse::<R>(body) {
        Ok(request) => {
            let canonical = serde_json::to_value(&request).expect("texts and numbers are JSON");
            Ok((request, canonical))
        }
        Err(refusal) => Err(refused(authorizer, caller.name(), "", refusal).await),
    }
}

/// The JSON of a body.
fn parse<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let body = body.map_err(|rejection| Refusal::Malformed(rejection.body_text()))?;
    serde_json::from_slice(&body).map_err(|error| Refusal::Malformed(explain(&error)))
}

/// Records a refusal. What cannot be recorded is not answered as one.
async fn refused(authorizer: &Authorizer, caller: &str, key: &str, refusal: Refusal) -> Failure {
    log_refusal(caller, key, &refusal);
    match authorizer.record_refusal(caller, key, &refusal).await {
        Ok(()) => Failure::of(&refusal),
        Err(error) => {
            let error = AuthorizeError::from(error);
            tracing::error!("cannot record a refusal: {}", ErrorChain(&error));
            Failure::unavailable(&error)
        }
    }
}

fn log_refusal(caller: &str, key: &str, refusal: &Refusal) {
    if *refusal == Refusal::Equivocation {
        tracing::error!(
            caller.name = caller,
            authorization.key = key,
            "different terms were requested under a used reference; the key is paused"
        );
    } else {
        tracing::warn!(
            caller.name = caller,
            authorization.key = key,
            refusal.code = refusal.code(),
            "refused: {refusal}"
        );
    }
}

/// What a caller gets for one request, with everything recorded and logged.
pub(super) async fn concluded<T>(
    authorizer: &Authorizer,
    caller: &Caller,
    key: &str,
    result: Result<T, AuthorizeError>,
) -> Result<T, Failure> {
    match result {
        Ok(answer) => {
            tracing::info!(caller.name = caller.name(), authorization.key = key, "signed");
            Ok(answer)
        }
        Err(AuthorizeError::Refused(refusal)) => Err(refused(authorizer, caller.name(), key, refusal).await),
        Err(AuthorizeError::RefusedOnRecord(refusal)) => {
            log_refusal(caller.name(), key, &refusal);
            Err(Failure::of(&refusal))
        }
        Err(error @ (AuthorizeError::Memory(_) | AuthorizeError::Chain(_) | AuthorizeError::Key(_))) => {
            tracing::error!(authorization.key = key, "cannot sign: {}", ErrorChain(&error));
            Err(Failure::unavailable(&error))
        }
    }
}
