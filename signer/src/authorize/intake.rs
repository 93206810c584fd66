//! Intakes, one or many at once.

use settlement::authorization::IntakeTerms;
use signer_client::Authorization;

use super::{Authorizer, Prepared, authorization, refused};
use crate::callers::Caller;
use crate::message;
use crate::protection::{self, Justified, JustifiedIntake};
use crate::purpose::Kind;
use crate::refusal::{AuthorizeError, Refusal};

impl Authorizer {
    /// Checks everything about an intake that does not depend on time and memory.
    pub(crate) fn check_intake(&self, terms: &IntakeTerms) -> Result<(), Refusal> {
        let policy = self
            .policy
            .intakes()
            .ok_or(Refusal::WrongPurpose(self.purpose()))?;
        Ok(policy.check_terms(terms)?)
    }

    /// Signs intakes whose terms were checked, or repeats the signatures that they have. With each come the values that it
    /// was read from, for the record.
    ///
    /// The outer error says that nothing is known of any. Of the refusals, [`AuthorizeError::Refused`] is still to be
    /// recorded.
    pub(crate) async fn authorize_intakes(
        &self,
        caller: &Caller,
        intakes: &[(IntakeTerms, serde_json::Value)],
    ) -> Result<Vec<Result<Authorization, AuthorizeError>>, AuthorizeError> {
        let keys: Vec<String> = intakes
            .iter()
            .map(|(terms, _)| terms.business_key().to_string())
            .collect();
        let known = protection::find_all(&self.pool, &keys).await?;
        let mut answers = Vec::with_capacity(intakes.len());
        let mut prepared = Vec::with_capacity(intakes.len());
        for ((terms, request), key) in intakes.iter().zip(keys) {
            // The deadline of known terms was measured when they were new. Other terms are refused by the record.
            let justified = match known.contains_key(&key) {
                true => Ok(None),
                false => self.justify(terms).await.map(Some),
            };
            match justified {
                Ok(justified) => {
                    let digest = message::intake_digest(terms, &self.domain);
                    prepared.push(Prepared {
                        key,
                        kind: Kind::from(terms.kind),
                        digest,
                        request,
                        justified,
                    });
                    answers.push(Ok(digest));
                }
                Err(AuthorizeError::Refused(refusal)) => answers.push(Err(refusal)),
                Err(error) => return Err(error),
            }
        }
        let mut signed = self.sign_all(caller, prepared).await?.into_iter();
        let answer = |prepared| match prepared {
            Err(refusal) => Err(AuthorizeError::Refused(refusal)),
            Ok(digest) => match signed.next() {
                Some(Ok(signed)) => Ok(authorization(signed, digest)),
                Some(Err(refusal)) => Err(refused(refusal)),
                None => Err(AuthorizeError::Database(sqlx::Error::RowNotFound)),
            },
        };
        Ok(answers.into_iter().map(answer).collect())
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
