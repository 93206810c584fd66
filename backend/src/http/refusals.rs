//! Which code stands for which broken rule of which use case.

use signer_client::SignerError;
use store::StoreError;
use store::inbox::InboxError;

use super::code::Code;
use super::error::Problem;
use super::extract::malformed_key;
use crate::app::access::AccessError;
use crate::app::intake::IntakeError;
use crate::app::reserve::ReserveError;
use crate::app::session::SessionError;
use crate::app::sign_in::SignInError;
use crate::login::Refused;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Unknown => Self::new(Code::Unauthenticated),
            SessionError::Ended => Self::new(Code::SessionExpired),
            SessionError::Reused => Self::new(Code::RefreshReused),
            SessionError::Store(error) => error.into(),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused(refused) => refused.into(),
            SignInError::UnknownNonce => Self::new(Code::UnknownNonce),
            SignInError::ReusedNonce => Self::new(Code::ReusedNonce),
            SignInError::ExpiredNonce => Self::because(Code::LoginExpired, "the nonce has expired"),
            SignInError::Store(error) => error.into(),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let code = match &refused {
            Refused::Malformed(_) => Code::LoginMalformed,
            Refused::WrongDomain => Code::WrongDomain,
            Refused::WrongChain => Code::WrongChain,
            Refused::Expired => Code::LoginExpired,
            Refused::NotYetValid => Code::LoginNotYetValid,
            Refused::BadSignature => Code::BadSignature,
        };
        Self::because(code, refused.to_string())
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotYours => Self::new(Code::NotYourResource),
            AccessError::UnknownUser => Self::new(Code::UnknownUser),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<ReserveError> for Problem {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::Access(error) => error.into(),
            ReserveError::Refunded => Self::new(Code::RefundedUser),
            ReserveError::UnknownTier => Self::new(Code::UnknownTier),
            ReserveError::NoNextTier => Self::new(Code::NoNextTier),
            ReserveError::Inbox(error) => error.into(),
        }
    }
}

impl From<InboxError> for Problem {
    fn from(error: InboxError) -> Self {
        match error {
            InboxError::KeyReused => Self::new(Code::IdempotencyConflict),
            InboxError::KeyMalformed => malformed_key(),
            InboxError::JournalContradicts { .. } => Self::internal(&error),
            InboxError::Store(error) => error.into(),
        }
    }
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        let code = match error {
            IntakeError::UnknownSponsor => Code::UnknownSponsor,
            IntakeError::FrozenSponsor => Code::FrozenSponsor,
            IntakeError::RefundedSponsor => Code::RefundedSponsor,
            IntakeError::SelfReferral => Code::SelfReferral,
            IntakeError::SponsorRequired => Code::SponsorRequired,
            IntakeError::AlreadyRegistered => Code::AlreadyRegistered,
            IntakeError::NotRegistered => Code::NotRegistered,
            IntakeError::NotYours => Code::NotYourResource,
            IntakeError::RefundedUser => Code::RefundedUser,
            IntakeError::FrozenUser => Code::FrozenUser,
            IntakeError::WrongAmount { price } => {
                return Self::because(Code::WrongAmount, format!("the price is {price} base units"));
            }
            IntakeError::UnknownDisclosure => Code::UnknownDisclosure,
            IntakeError::OutdatedDisclosure => Code::OutdatedDisclosure,
            IntakeError::NoChainTime => Code::ChainUnavailable,
            IntakeError::Signer(error) => return error.into(),
            IntakeError::Store(error) => return error.into(),
        };
        Self::new(code)
    }
}

impl From<SignerError> for Problem {
    fn from(error: SignerError) -> Self {
        tracing::warn!(error = %telemetry::ErrorChain(&error), "the signer gave no authorization");
        match error {
            // The listener lags so far behind that the proposed deadline has no life left.
            SignerError::Refused { code, .. } if code == "deadline_passed" || code == "deadline_too_near" => {
                Self::new(Code::AuthorizationExpired)
            }
            SignerError::Refused { code, .. } => {
                Self::because(Code::SignerRefused, format!("the signer refused: {code}"))
            }
            SignerError::Equivocation { .. } | SignerError::Unauthorized | SignerError::NotUnderstood(_) => {
                Self::new(Code::SignerRefused)
            }
            SignerError::RateLimited | SignerError::Unavailable(_) | SignerError::Timeout => {
                Self::new(Code::SignerUnavailable)
            }
        }
    }
}
