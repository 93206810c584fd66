//! A signer at the wire: it signs whatever it is asked, or answers as it is told.

use std::sync::Arc;

use abi::ICustody;
use abi::typed_data::{Registration, Retopup, digest, domain};
use alloy::primitives::{B256, U256};
use alloy::signers::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use signer_client::wire::{IntakeRequest, Problem, REGISTRATION_PATH, RETOPUP_PATH};
use signer_client::{Authorization, IntakeKind};
use tokio::sync::watch;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Signs,
    Refuses(&'static str),
    Fails,
    NeverAnswers,
    /// Until it signs.
    Waits,
}

#[derive(Clone)]
pub(crate) struct PlayedSigner {
    pub(crate) key: PrivateKeySigner,
    mood: Arc<watch::Sender<Mood>>,
    pub(crate) url: String,
}

impl PlayedSigner {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let signer = Self {
            key: PrivateKeySigner::from_bytes(&abi::development::SIGNER.private_key).unwrap(),
            mood: Arc::new(watch::Sender::new(Mood::Signs)),
            url: format!("http://{}", listener.local_addr().unwrap()),
        };
        let router = Router::new()
            .route(REGISTRATION_PATH, post(registration))
            .route(RETOPUP_PATH, post(retopup))
            .with_state(signer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        signer
    }

    pub(crate) fn be(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    async fn answer(&self, sign: impl FnOnce(&Self) -> Authorization) -> Response {
        let mood = *self.mood.borrow();
        match mood {
            Mood::Waits => {
                let mut moods = self.mood.subscribe();
                moods.wait_for(|mood| *mood == Mood::Signs).await.unwrap();
                Json(sign(self)).into_response()
            }
            Mood::Signs => Json(sign(self)).into_response(),
            Mood::Refuses(code) => {
                let problem = Problem {
                    kind: "about:blank".into(),
                    title: "Unprocessable Content".into(),
                    status: 422,
                    detail: "refused".into(),
                    code: code.into(),
                };
                (StatusCode::UNPROCESSABLE_ENTITY, Json(problem)).into_response()
            }
            Mood::Fails => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Mood::NeverAnswers => std::future::pending().await,
        }
    }

    fn sign(&self, kind: IntakeKind, request: &IntakeRequest) -> Authorization {
        let terms = request.terms(kind);
        let intake = ICustody::Intake {
            user: terms.user,
            sponsor: terms.sponsor.unwrap_or_default(),
            amount: U256::from(terms.amount.base_units()),
            planHash: terms.plan_hash,
            disclosureHash: terms.disclosure_hash,
            r#ref: terms.deposit_ref,
            deadline: U256::from(terms.deadline),
        };
        let domain = domain(terms.chain_id, terms.contract);
        let digest = match kind {
            IntakeKind::Registration => digest(&Registration(intake), &domain),
            IntakeKind::Retopup => digest(&Retopup(intake), &domain),
        };
        self.sign_digest(digest)
    }

    fn sign_digest(&self, digest: B256) -> Authorization {
        let signature = self.key.sign_hash_sync(&digest).unwrap();
        Authorization {
            signer: self.key.address(),
            signature: signature.as_bytes(),
            digest,
        }
    }
}

async fn registration(State(signer): State<PlayedSigner>, Json(request): Json<IntakeRequest>) -> Response {
    signer
        .answer(|signer| signer.sign(IntakeKind::Registration, &request))
        .await
}

async fn retopup(State(signer): State<PlayedSigner>, Json(request): Json<IntakeRequest>) -> Response {
    signer
        .answer(|signer| signer.sign(IntakeKind::Retopup, &request))
        .await
}
