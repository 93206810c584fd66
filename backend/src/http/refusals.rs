//! Maps the errors of use cases to API codes.

use settlement::state::Refused as BatchRefused;
use signer_client::SignerError;
use store::inbox::InboxError;

use super::code::Code;
use super::error::Problem;
use super::extract::malformed_key;
use crate::app::access::AccessError;
use crate::app::approve::ApproveError;
use crate::app::audit::ExportError;
use crate::app::confirm::ConfirmError;
use crate::app::disclose::DiscloseError;
use crate::app::fund::FundError;
use crate::app::head::HeadError;
use crate::app::intake::IntakeError;
use crate::app::liabilities::LiabilitiesError;
use crate::app::monitoring::ResumeError;
use crate::app::payout::PayoutError;
use crate::app::proof::ProofFailure;
use crate::app::proposal::ProposalError;
use crate::app::relay::RelayError;
use crate::app::replay::ReplayError;
use crate::app::reserve::ReserveError;
use crate::app::session::SessionError;
use crate::app::side::SideError;
use crate::app::sign_in::SignInError;
use crate::app::withdraw::WithdrawError;
use crate::app::withdrawals::WithdrawalError;
use crate::login::Refused;
use crate::way::WayError;

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
            SignInError::BadSignature => Self::because(Code::BadSignature, error.to_string()),
            SignInError::Head(error) => error.into(),
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
            Refused::WrongDomain { .. } => Code::WrongDomain,
            Refused::WrongChain(_) => Code::WrongChain,
            Refused::Expired => Code::LoginExpired,
            Refused::NotYetValid => Code::LoginNotYetValid,
        };
        Self::because(code, refused.to_string())
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotYours => Self::new(Code::NotYourResource),
            AccessError::NotRegistered => Self::new(Code::NotRegistered),
            AccessError::UnknownUser => Self::new(Code::UnknownUser),
            AccessError::RoleMissing(_) => Self::because(Code::RoleMissing, error.to_string()),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::RangeTooLarge(_) => Self::because(Code::RangeTooLarge, error.to_string()),
            ExportError::Store(error) => error.into(),
        }
    }
}

impl From<DiscloseError> for Problem {
    fn from(error: DiscloseError) -> Self {
        match error {
            DiscloseError::NotCounted => Self::because(Code::NotReady, error.to_string()),
            DiscloseError::Store(error) => error.into(),
        }
    }
}

impl From<ReserveError> for Problem {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::Refunded => Self::new(Code::RefundedUser),
            ReserveError::UnknownTier => Self::new(Code::UnknownTier),
            ReserveError::NoNextTier => Self::new(Code::NoNextTier),
            ReserveError::NotChosen => Self::new(Code::ReserveNotChosen),
            ReserveError::BadSignature => Self::new(Code::BadSignature),
            ReserveError::Inbox(error) => error.into(),
        }
    }
}

impl From<SideError> for Problem {
    fn from(error: SideError) -> Self {
        match error {
            SideError::NotInPlan => Self::new(Code::NotInPlan),
            SideError::Refunded => Self::new(Code::RefundedUser),
            SideError::BadSignature => Self::new(Code::BadSignature),
            SideError::Inbox(error) => error.into(),
        }
    }
}

impl From<WithdrawalError> for Problem {
    fn from(error: WithdrawalError) -> Self {
        let code = match error {
            WithdrawalError::Inbox(error) => return error.into(),
            WithdrawalError::NotInPlan => Code::NotInPlan,
            WithdrawalError::AboveBalance(_) => Code::AboveBalance,
            WithdrawalError::BelowMinimum(_) | WithdrawalError::NothingLeft => Code::BelowMinimum,
            WithdrawalError::BadSignature => Code::BadSignature,
        };
        Self::because(code, error.to_string())
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
            IntakeError::RegistrationPending => Code::RegistrationPending,
            IntakeError::AlreadyRegistered => Code::AlreadyRegistered,
            IntakeError::RefundedUser => Code::RefundedUser,
            IntakeError::FrozenUser => Code::FrozenUser,
            IntakeError::NotInPlan => Code::NotInPlan,
            IntakeError::AmountMissing => return Self::field("amount", &error.to_string()),
            IntakeError::WrongAmount(_) | IntakeError::AboveOutstanding(_) | IntakeError::NotWholeGwei => {
                return Self::because(Code::WrongAmount, error.to_string());
            }
            IntakeError::UnknownDisclosure => Code::UnknownDisclosure,
            IntakeError::OutdatedDisclosure => Code::OutdatedDisclosure,
            IntakeError::Stopped => Code::IntakeStopped,
            IntakeError::NoChainTime => Code::ChainUnavailable,
            IntakeError::Signer(error) => return error.into(),
            IntakeError::Store(error) => return error.into(),
        };
        Self::new(code)
    }
}

impl From<SignerError> for Problem {
    fn from(error: SignerError) -> Self {
        tracing::warn!(error = %service::ErrorChain(&error), "the signer returned no authorization");
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

impl From<HeadError> for Problem {
    fn from(error: HeadError) -> Self {
        tracing::warn!(error = %service::ErrorChain(&error), "the chain's head is not known");
        Self::new(Code::ChainUnavailable)
    }
}

impl From<BatchRefused> for Problem {
    fn from(refused: BatchRefused) -> Self {
        let code = match refused {
            BatchRefused::WrongState(_) | BatchRefused::MayExecute => Code::WrongBatchState,
            BatchRefused::ApproverIsBuilder => Code::ApproverIsBuilder,
            BatchRefused::CancelRequested => Code::CancelRequested,
            BatchRefused::SettlementStopped => Code::SettlementStopped,
            // The window is stored once and requested again as it is; only a head that went back can be so far behind.
            BatchRefused::DeadlineTooFar { .. } | BatchRefused::SignatureAskedFor(_) => {
                Code::ChainUnavailable
            }
            BatchRefused::DeadlinePassed { .. } => Code::DeadlinePassed,
        };
        Self::because(code, refused.to_string())
    }
}

impl From<ApproveError> for Problem {
    fn from(error: ApproveError) -> Self {
        let detail = error.to_string();
        let code = match error {
            ApproveError::WalletOfAnother(_) => Code::WalletOfAnother,
            ApproveError::BadSignature(_) => Code::BadSignature,
            ApproveError::Expired { .. } => Code::ApprovalExpired,
            ApproveError::NoVote => Code::RoleMissing,
            ApproveError::ApproverIsBuilder => Code::ApproverIsBuilder,
            ApproveError::Head(error) => return error.into(),
            ApproveError::Store(error) => return error.into(),
        };
        Self::because(code, detail)
    }
}

impl From<FundError> for Problem {
    fn from(error: FundError) -> Self {
        let detail = error.to_string();
        let code = match error {
            FundError::NoFunds => Code::NoFunds,
            FundError::UnknownFund(_) => Code::UnknownFund,
            FundError::Nothing => return Self::field("amount", "must be greater than zero"),
            FundError::Exceeds { .. } => Code::ExceedsUnallocated,
            FundError::Store(error) => return error.into(),
        };
        Self::because(code, detail)
    }
}

impl From<ProposalError> for Problem {
    fn from(error: ProposalError) -> Self {
        let detail = error.to_string();
        let code = match error {
            ProposalError::Unknown => Code::UnknownProposal,
            ProposalError::NotOpen(_) => Code::WrongProposalState,
            ProposalError::Expired { .. } => Code::ProposalExpired,
            ProposalError::Outlives { .. } => Code::ApprovalExpired,
            ProposalError::NotTheProposer => Code::NotTheProposer,
            ProposalError::NotOfAKey(_) => Code::BadSignature,
            ProposalError::OnePerson => Code::ApproverIsBuilder,
            ProposalError::Fund(error) => return error.into(),
            ProposalError::Approve(error) => return error.into(),
            ProposalError::Head(error) => return error.into(),
            ProposalError::Inbox(error) => return error.into(),
            ProposalError::Store(error) => return error.into(),
        };
        Self::because(code, detail)
    }
}

impl From<ConfirmError> for Problem {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::UnknownUser => Self::new(Code::UnknownUser),
            ConfirmError::Refunded => Self::new(Code::RefundedUser),
            ConfirmError::NothingGranted => Self::new(Code::NothingGranted),
            ConfirmError::NothingWithheld => Self::new(Code::NothingWithheld),
            ConfirmError::BadSignature => Self::new(Code::BadSignature),
            ConfirmError::Inbox(error) => error.into(),
            ConfirmError::Store(error) => error.into(),
        }
    }
}

impl From<PayoutError> for Problem {
    fn from(error: PayoutError) -> Self {
        match error {
            PayoutError::Access(error) => error.into(),
            PayoutError::UnknownBatch => Self::new(Code::UnknownBatch),
            PayoutError::Refused(refused) => refused.into(),
            PayoutError::ListChanged => Self::new(Code::ListChanged),
            PayoutError::NothingDue => Self::new(Code::NothingDue),
            PayoutError::KeyReused => Self::new(Code::IdempotencyConflict),
            PayoutError::Head(error) => error.into(),
            PayoutError::Approve(error) => error.into(),
            PayoutError::Inbox(error) => error.into(),
            PayoutError::Store(error) => error.into(),
        }
    }
}

impl From<RelayError> for Problem {
    fn from(error: RelayError) -> Self {
        let detail = error.to_string();
        let code = match error {
            RelayError::Unavailable => Code::RelayUnavailable,
            RelayError::Unknown => Code::UnknownRelay,
            RelayError::Expired => Code::MessageExpired,
            RelayError::UnknownDeposit => Code::UnknownDeposit,
            RelayError::NotRefundable => Code::NotRefundable,
            RelayError::NotRegistered => Code::NotRegistered,
            RelayError::Frozen(_) => Code::FrozenUser,
            RelayError::UnknownRoot => Code::UnknownRoot,
            RelayError::RootImmature(_) => Code::RootImmature,
            RelayError::NoLeaf => Code::NoProof,
            RelayError::OtherCredit(_) => Code::OtherCredit,
            RelayError::OtherNonce(_) => Code::OtherNonce,
            RelayError::BadSignature(_) => Code::BadSignature,
            RelayError::Rejected(_) => Code::MessageRejected,
            RelayError::UserLimit | RelayError::DayLimit => Code::RelayLimit,
            RelayError::Head(error) => return error.into(),
            RelayError::Store(error) => return error.into(),
        };
        Self::because(code, detail)
    }
}

impl From<WithdrawError> for Problem {
    fn from(error: WithdrawError) -> Self {
        match error {
            WithdrawError::NotRegistered => Self::new(Code::NotRegistered),
            WithdrawError::NothingAvailable => Self::new(Code::NothingAvailable),
            WithdrawError::Store(error) => error.into(),
        }
    }
}

impl From<LiabilitiesError> for Problem {
    fn from(error: LiabilitiesError) -> Self {
        let detail = error.to_string();
        let code = match error {
            LiabilitiesError::UnknownRoot => Code::UnknownRoot,
            LiabilitiesError::WrongState(_) => Code::WrongRootState,
            LiabilitiesError::AnotherUnderWay => Code::RootUnderWay,
            LiabilitiesError::BatchesLive => Code::BatchesLive,
            LiabilitiesError::NothingDue => Code::NothingDue,
            LiabilitiesError::Unfunded { .. } => Code::RootUnfunded,
            LiabilitiesError::Stopped => Code::SettlementStopped,
            LiabilitiesError::Approve(error) => return error.into(),
            LiabilitiesError::Head(error) => return error.into(),
            LiabilitiesError::Store(error) => return error.into(),
        };
        Self::because(code, detail)
    }
}

impl From<ProofFailure> for Problem {
    fn from(error: ProofFailure) -> Self {
        match error {
            ProofFailure::NoRoot | ProofFailure::Way(WayError::NoLeaf) => Self::new(Code::NoProof),
            ProofFailure::Way(WayError::OtherTree) => Self::internal(&error),
            ProofFailure::Store(error) | ProofFailure::Way(WayError::Store(error)) => error.into(),
        }
    }
}

impl From<ResumeError> for Problem {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::NotStopped => Self::new(Code::NotStopped),
            ResumeError::SecondOperatorNeeded => Self::new(Code::SecondOperatorNeeded),
            ResumeError::Approve(error) => error.into(),
            ResumeError::Head(error) => error.into(),
            ResumeError::Store(error) => error.into(),
        }
    }
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        let detail = error.to_string();
        let code = match error {
            ReplayError::NotFinal(_) => Code::RangeNotFinal,
            ReplayError::DryRunFirst => Code::DryRunFirst,
            ReplayError::Contradicts(_) => Code::ReplayContradicts,
            ReplayError::UnknownRequest => Code::UnknownReplay,
            ReplayError::Unreadable(_) => Code::ChainUnavailable,
            ReplayError::Store(error) => return error.into(),
        };
        Self::because(code, detail)
    }
}
