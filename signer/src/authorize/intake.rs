//! Intakes.

use settlement::authorization::IntakeTerms;
use signer_client::Authorization;

use super::Authorizer;
use crate::callers::Caller;
use crate::message;
use crate::protection::{Justified, JustifiedIntake, NewRequest};
use crate::purpose::Kind;
use crate::refusal::{AuthorizeError, Refusal};

impl Authorizer {
    /// Signs an intake, or repeats the signature that it has.
    pub(crate) async fn authorize_intake(
        &self,
        caller: &Caller,
        terms: &IntakeTerms,
        request: &serde_json::Value,
    ) -> Result<Authorization, AuthorizeError> {
        let intakes = self.policy.intakes();
        intakes
            .ok_or(Refusal::WrongPurpose(self.purpose()))?
            .check_terms(terms)
            .map_err(Refusal::from)?;
        let key = terms.business_key().to_string();
        let digest = message::intake_digest(terms, &self.domain);
        let justified = match self.find(&key).await? {
            // The deadline of known terms was measured when they were new. Other terms are refused by the record.
            Some(_) => None,
            None => Some(self.justify(terms).await?),
        };
        let new = NewRequest {
            key,
            kind: Kind::from(terms.kind),
            digest,
            caller: caller.name(),
            request,
            justified,
            policy_hash: self.policy_hash,
        };
        self.authorize(&new).await
    }

    async fn justify(&self, terms: &IntakeTerms) -> Result<(u64, Justified), AuthorizeError> {
        let mut head = self.clock.timestamp().await?;
        if terms.check_deadline(head).is_err() {
            // Nobody is refused for the age of a reading.
            head = self.clock.read().await?;
            terms.check_deadline(head).map_err(Refusal::Rule)?;
        }
        let intake = JustifiedIntake {
            scope: self.policy.scope().to_string(),
            amount: terms.amount,
        };
        Ok((head, Justified::Intake(intake)))
    }
}
