//! Intakes, one or many at once.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use settlement::authorization::{IntakeKind, IntakeTerms};
use signer_client::Authorization;
use signer_client::wire::{
    AuthorizationResponse, IntakeRequest, MANY_MAX, ManyAnswer, ManyRequest, ManyResponse, OneOfMany,
};

use crate::callers::Caller;
use crate::http::admit::{Body, admit, concluded, identify, log_refusal, parse, refused, take, unrecorded};
use crate::http::problem::Failure;
use crate::http::settlement::{canonical, malformed};
use crate::http::{Served, answer};
use crate::purpose::Kind;
use crate::{AuthorizeError, Authorizer, Refusal};

pub(super) async fn registration(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    one(served, IntakeKind::Registration, headers, body).await
}

pub(super) async fn retopup(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    one(served, IntakeKind::Retopup, headers, body).await
}

pub(super) async fn many(State(served): State<Served>, headers: HeaderMap, body: Body) -> Response {
    answer("many", async move {
        decide_many(&served.authorizer, &headers, body).await
    })
    .await
}

async fn one(served: Served, kind: IntakeKind, headers: HeaderMap, body: Body) -> Response {
    answer(kind.name(), async move {
        decide_one(&served.authorizer, kind, &headers, body).await
    })
    .await
}

async fn decide_one(
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
    let key = terms.business_key().to_string();
    let result = authorize_one(authorizer, caller, terms).await;
    let authorization = concluded(authorizer, caller, &key, result).await?;
    Ok(AuthorizationResponse::of(&authorization))
}

async fn authorize_one(
    authorizer: &Authorizer,
    caller: &Caller,
    terms: IntakeTerms,
) -> Result<Authorization, AuthorizeError> {
    authorizer.check_intake(&terms)?;
    let request = canonical(&IntakeRequest::of(&terms));
    let mut answers = authorizer.authorize_intakes(caller, &[(terms, request)]).await?;
    answers
        .pop()
        .unwrap_or(Err(AuthorizeError::Database(sqlx::Error::RowNotFound)))
}

/// Each is granted or refused as if it came alone; all are recorded in one transaction.
async fn decide_many(
    authorizer: &Authorizer,
    headers: &HeaderMap,
    body: Body,
) -> Result<ManyResponse, Failure> {
    let caller = identify(authorizer, headers).await?;
    let requests = match read_many(authorizer, body) {
        Ok(requests) => requests,
        Err(refusal) => {
            take(authorizer, caller, 1).await?;
            return Err(refused(authorizer, caller.name(), "", refusal).await);
        }
    };
    take(
        authorizer,
        caller,
        u32::try_from(requests.len()).unwrap_or(u32::MAX),
    )
    .await?;
    let read: Vec<_> = requests
        .iter()
        .map(|request| read_one_of_many(authorizer, caller, request))
        .collect();
    let intakes: Vec<(IntakeTerms, Value)> = read
        .iter()
        .filter_map(|read| read.as_ref().ok().cloned())
        .collect();
    let asked = match authorizer.authorize_intakes(caller, &intakes).await {
        Ok(answers) => answers,
        Err(error) => return concluded(authorizer, caller, "", Err(error)).await,
    };
    let mut asked = asked.into_iter();
    let mut unrecorded_refusals: Vec<(String, Refusal)> = Vec::new();
    let mut answers = Vec::with_capacity(read.len());
    for read in read {
        let (key, result) = match read {
            Ok((terms, _)) => (
                terms.business_key().to_string(),
                asked.next().ok_or_else(Failure::internal)?,
            ),
            Err((key, refusal)) => (key, Err(AuthorizeError::Refused(refusal))),
        };
        answers.push(match result {
            Ok(authorization) => ManyAnswer::Granted(AuthorizationResponse::of(&authorization)),
            Err(AuthorizeError::Refused(refusal)) => {
                let problem = Failure::of(&refusal).problem();
                unrecorded_refusals.push((key, refusal));
                ManyAnswer::Refused(problem)
            }
            Err(AuthorizeError::RefusedOnRecord(refusal)) => {
                log_refusal(caller.name(), &key, &refusal);
                ManyAnswer::Refused(Failure::of(&refusal).problem())
            }
            Err(error) => return concluded(authorizer, caller, &key, Err(error)).await,
        });
    }
    record(authorizer, caller, &unrecorded_refusals).await?;
    tracing::info!(caller.name = caller.name(), "answered {} intakes", answers.len());
    Ok(ManyResponse { answers })
}

async fn record(
    authorizer: &Authorizer,
    caller: &Caller,
    refusals: &[(String, Refusal)],
) -> Result<(), Failure> {
    let refusals: Vec<(&str, &Refusal)> = refusals
        .iter()
        .map(|(key, refusal)| (key.as_str(), refusal))
        .collect();
    for (key, refusal) in &refusals {
        log_refusal(caller.name(), key, refusal);
    }
    authorizer
        .record_refusals(caller.name(), &refusals)
        .await
        .map_err(unrecorded)
}

fn read_many(authorizer: &Authorizer, body: Body) -> Result<Vec<OneOfMany>, Refusal> {
    if Kind::Registration.purpose() != authorizer.purpose() {
        return Err(Refusal::WrongPurpose(authorizer.purpose()));
    }
    let requests = parse::<ManyRequest>(body)?.requests;
    if requests.is_empty() || requests.len() > MANY_MAX {
        return Err(Refusal::Malformed(format!(
            "{} requests are not within 1 and {MANY_MAX}",
            requests.len()
        )));
    }
    Ok(requests)
}

fn read_one_of_many(
    authorizer: &Authorizer,
    caller: &Caller,
    request: &OneOfMany,
) -> Result<(IntakeTerms, Value), (String, Refusal)> {
    let unnamed = |refusal| (String::new(), refusal);
    authorizer
        .check_permitted(caller, Kind::from(request.kind()))
        .map_err(unnamed)?;
    let terms = request.terms().map_err(|error| unnamed(malformed(&error)))?;
    authorizer
        .check_intake(&terms)
        .map_err(|refusal| (terms.business_key().to_string(), refusal))?;
    let request = canonical(&IntakeRequest::of(&terms));
    Ok((terms, request))
}
