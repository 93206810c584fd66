//! Every error code of the API with its status and title. Codes are part of the interface: they are never
//! renamed and each is explained in `docs/api.md`.

use axum::http::StatusCode;
use utoipa::openapi::{ObjectBuilder, Type};

macro_rules! codes {
    ($( $variant:ident $code:literal $status:ident $title:literal )*) => {
        /// Which rule a request broke.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $( #[doc = $title] $variant, )*
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $code, )* }
            }

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $( Self::$variant => StatusCode::$status, )* }
            }

            /// A short title, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $( Self::$variant => $title, )* }
            }
        }
    };
}

codes! {
    MalformedJson "malformed_json" BAD_REQUEST "The body is not the expected JSON"
    MalformedPath "malformed_path" BAD_REQUEST "A part of the path is malformed"
    MalformedQuery "malformed_query" BAD_REQUEST "The query is malformed"
    MalformedHeader "malformed_header" BAD_REQUEST "A header is malformed"
    InvalidField "invalid_field" UNPROCESSABLE_ENTITY "A field has an invalid value"
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body must be application/json"
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is too large"
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "Method not allowed"
    NotFound "not_found" NOT_FOUND "Resource not found"
    UnknownUser "unknown_user" NOT_FOUND "User not found"
    UnknownTier "unknown_tier" NOT_FOUND "The plan has no such tier"
    Unauthenticated "unauthenticated" UNAUTHORIZED "A valid access token is required"
    SessionExpired "session_expired" UNAUTHORIZED "The session has ended"
    RefreshReused "refresh_reused" UNAUTHORIZED "The refresh token has already been used; the session has ended"
    UnknownCommand "unknown_command" NOT_FOUND "The wallet has no such command"
    UnknownBatch "unknown_batch" NOT_FOUND "Batch not found"
    UnknownRoot "unknown_root" NOT_FOUND "Liabilities root not found"
    UnknownFund "unknown_fund" NOT_FOUND "The plan has no such fund"
    UnknownProposal "unknown_proposal" NOT_FOUND "Proposal not found"
    NoManifest "no_manifest" NOT_FOUND "The batch is not sealed yet"
    NoProof "no_proof" NOT_FOUND "The user has no leaf in a published root"
    RoleMissing "role_missing" FORBIDDEN "The session lacks the required operator role"
    ApproverIsBuilder "approver_is_builder" FORBIDDEN "The builder cannot approve their own proposal"
    NotYourResource "not_your_resource" FORBIDDEN "This belongs to another user"
    LoginMalformed "login_malformed" BAD_REQUEST "The signed message is not a well-formed login message"
    WrongDomain "wrong_domain" FORBIDDEN "The message was signed for another site"
    WrongChain "wrong_chain" FORBIDDEN "The message was signed for another chain"
    LoginExpired "login_expired" FORBIDDEN "The message or its nonce has expired"
    LoginNotYetValid "login_not_yet_valid" FORBIDDEN "The message is not valid yet"
    UnknownNonce "unknown_nonce" FORBIDDEN "The nonce was not issued here"
    ReusedNonce "reused_nonce" FORBIDDEN "The nonce has already been used"
    BadSignature "bad_signature" FORBIDDEN "The signature is not that of the named wallet"
    WalletOfAnother "wallet_of_another" FORBIDDEN "The wallet does not belong to the signed-in person"
    ApprovalExpired "approval_expired" CONFLICT "The signed approval is not valid now"
    UnknownSponsor "unknown_sponsor" CONFLICT "The sponsor is not registered"
    FrozenSponsor "frozen_sponsor" CONFLICT "The sponsor is frozen"
    RefundedSponsor "refunded_sponsor" CONFLICT "The sponsor's registration was refunded"
    SelfReferral "self_referral" CONFLICT "A user cannot be their own sponsor"
    SponsorRequired "sponsor_required" CONFLICT "A registration needs a sponsor"
    AlreadyRegistered "already_registered" CONFLICT "The wallet has already registered; a wallet can register only once, even after a refund"
    RegistrationPending "registration_pending" CONFLICT "A registration of the wallet is on the chain, but not final yet"
    NotRegistered "not_registered" CONFLICT "The wallet is not registered"
    RefundedUser "refunded_user" CONFLICT "The user's registration was refunded"
    FrozenUser "frozen_user" CONFLICT "The user is frozen"
    NotInPlan "not_in_plan" CONFLICT "The plan has nothing that this is about"
    WrongAmount "wrong_amount" CONFLICT "The plan or the contract does not take this amount"
    UnknownDisclosure "unknown_disclosure" CONFLICT "No disclosure with this hash has been shown"
    IntakeStopped "intake_stopped" CONFLICT "New payments are not accepted at present; an operator stopped them"
    OutdatedDisclosure "outdated_disclosure" CONFLICT "The disclosure is too old; read the current one"
    NoNextTier "no_next_tier" CONFLICT "There is no next tier to reserve for"
    ReserveNotChosen "reserve_not_chosen" CONFLICT "The plan decides what is reserved"
    AboveBalance "above_balance" CONFLICT "The wallet balance is smaller"
    BelowMinimum "below_minimum" CONFLICT "The amount is too small to be withdrawn"
    NothingAvailable "nothing_available" CONFLICT "There is no matured unpaid amount"
    NothingDue "nothing_due" CONFLICT "There is nobody to pay"
    WrongBatchState "wrong_batch_state" CONFLICT "The batch is not in a state that allows this step"
    CancelRequested "cancel_requested" CONFLICT "The batch has been cancelled"
    ListChanged "list_changed" CONFLICT "The list has changed since it was reviewed"
    DeadlinePassed "deadline_passed" CONFLICT "The authorization would already be expired"
    SettlementStopped "settlement_stopped" CONFLICT "Settlement is stopped by a severe finding or an operator"
    WrongRootState "wrong_root_state" CONFLICT "The root can no longer be approved"
    RootUnderWay "root_under_way" CONFLICT "Another root is on its way to the chain"
    BatchesLive "batches_live" CONFLICT "A payout batch is still in progress"
    RootUnfunded "root_unfunded" CONFLICT "The contract could not pay what the root promises"
    NoFunds "no_funds" CONFLICT "The plan has no funds"
    ExceedsUnallocated "exceeds_unallocated" CONFLICT "The amount exceeds the revenue that can be allocated"
    WrongProposalState "wrong_proposal_state" CONFLICT "The proposal can no longer be approved or withdrawn"
    ProposalExpired "proposal_expired" CONFLICT "The proposal has expired"
    NotTheProposer "not_the_proposer" FORBIDDEN "Only the person who proposed it may withdraw it"
    NothingGranted "nothing_granted" CONFLICT "The plan grants nothing when an identity was checked"
    NothingWithheld "nothing_withheld" CONFLICT "The plan withholds no tax"
    NotStopped "not_stopped" CONFLICT "Settlement is not stopped"
    SecondOperatorNeeded "second_operator_needed" CONFLICT "A second operator must approve"
    RangeNotFinal "range_not_final" CONFLICT "Not all blocks of the range are final"
    RangeTooLarge "range_too_large" CONFLICT "The range has too many rows"
    DryRunFirst "dry_run_first" CONFLICT "Run a dry run of the same range first"
    UnknownReplay "unknown_replay" NOT_FOUND "Replay request not found"
    ReplayContradicts "replay_contradicts" CONFLICT "Stored data differs from the chain"
    UnknownRelay "unknown_relay" NOT_FOUND "No message with this digest has been submitted"
    UnknownDeposit "unknown_deposit" NOT_FOUND "The contract has no such deposit"
    MessageExpired "message_expired" CONFLICT "The signed message expires too soon"
    NotRefundable "not_refundable" CONFLICT "The deposit can no longer be refunded"
    RootImmature "root_immature" CONFLICT "The root is not claimable yet"
    OtherCredit "other_credit" CONFLICT "The user's credit differs from the signed amount"
    OtherNonce "other_nonce" CONFLICT "The user has been paid since, or a different nonce was signed"
    MessageRejected "message_rejected" CONFLICT "The contract would reject the message"
    RelayLimit "relay_limit" TOO_MANY_REQUESTS "Too many messages were relayed within 24 hours"
    RelayUnavailable "relay_unavailable" SERVICE_UNAVAILABLE "Relaying is not available"
    IdempotencyKeyMissing "idempotency_key_missing" PRECONDITION_REQUIRED "An Idempotency-Key is required"
    IdempotencyConflict "idempotency_conflict" UNPROCESSABLE_ENTITY "The Idempotency-Key was already used for a different command"
    AuthorizationExpired "authorization_expired" CONFLICT "The authorization would already be expired; request a new one"
    RateLimited "rate_limited" TOO_MANY_REQUESTS "Too many requests"
    SignerRefused "signer_refused" BAD_GATEWAY "The signer rejected the request"
    SignerUnavailable "signer_unavailable" SERVICE_UNAVAILABLE "The signer does not respond"
    ChainUnavailable "chain_unavailable" SERVICE_UNAVAILABLE "The state of the chain is not known"
    Busy "busy" SERVICE_UNAVAILABLE "The request asks for too much at once"
    NotReady "not_ready" SERVICE_UNAVAILABLE "The service is not ready"
    TimedOut "timed_out" SERVICE_UNAVAILABLE "The request took too long"
    Internal "internal" INTERNAL_SERVER_ERROR "Internal server error"
}

/// The codes, as the values of a string.
pub(super) fn code_schema() -> utoipa::openapi::schema::Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Code::ALL.iter().map(|code| code.name())))
        .build()
}
