//! Every code with which the API refuses, its status and title. Codes are part of the interface: they are never
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
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $code, )* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $( Self::$variant => StatusCode::$status, )* }
            }

            /// A short title, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $( Self::$variant => $title, )* }
            }
        }
    };
}

codes! {
    MalformedJson "malformed_json" BAD_REQUEST "The body is not the JSON that is expected here"
    MalformedPath "malformed_path" BAD_REQUEST "A part of the path is malformed"
    MalformedQuery "malformed_query" BAD_REQUEST "The query is malformed"
    MalformedHeader "malformed_header" BAD_REQUEST "A header is malformed"
    InvalidField "invalid_field" UNPROCESSABLE_ENTITY "A field has no valid value"
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body must be application/json"
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is too large"
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "Method not allowed"
    NotFound "not_found" NOT_FOUND "There is no such resource"
    UnknownUser "unknown_user" NOT_FOUND "There is no such user"
    UnknownTier "unknown_tier" NOT_FOUND "The plan has no such tier"
    Unauthenticated "unauthenticated" UNAUTHORIZED "This needs a valid access token"
    SessionExpired "session_expired" UNAUTHORIZED "The session has ended"
    RefreshReused "refresh_reused" UNAUTHORIZED "The refresh token was used before; the session has ended"
    UnknownCommand "unknown_command" NOT_FOUND "The wallet has no such command"
    UnknownBatch "unknown_batch" NOT_FOUND "There is no such batch"
    UnknownRoot "unknown_root" NOT_FOUND "There is no such root of liabilities"
    NoManifest "no_manifest" NOT_FOUND "The batch is not sealed yet"
    NoProof "no_proof" NOT_FOUND "The user has no leaf in a published root"
    RoleMissing "role_missing" FORBIDDEN "This needs an operator's role that the session does not have"
    ApproverIsBuilder "approver_is_builder" FORBIDDEN "Who built it cannot approve it"
    NotYourResource "not_your_resource" FORBIDDEN "This belongs to somebody else"
    LoginMalformed "login_malformed" BAD_REQUEST "The signed message is not a well-formed login message"
    WrongDomain "wrong_domain" FORBIDDEN "The message was signed for another site"
    WrongChain "wrong_chain" FORBIDDEN "The message was signed for another chain"
    LoginExpired "login_expired" FORBIDDEN "The message or its nonce has expired"
    LoginNotYetValid "login_not_yet_valid" FORBIDDEN "The message is not valid yet"
    UnknownNonce "unknown_nonce" FORBIDDEN "The nonce was not issued here"
    ReusedNonce "reused_nonce" FORBIDDEN "The nonce was used before"
    BadSignature "bad_signature" FORBIDDEN "The signature is not that of the named wallet"
    WalletOfAnother "wallet_of_another" FORBIDDEN "The wallet is not of the person who is signed in"
    ApprovalExpired "approval_expired" CONFLICT "The signature agrees to nothing now"
    UnknownSponsor "unknown_sponsor" CONFLICT "The sponsor is not registered"
    FrozenSponsor "frozen_sponsor" CONFLICT "The sponsor is frozen"
    RefundedSponsor "refunded_sponsor" CONFLICT "The sponsor's registration was refunded"
    SelfReferral "self_referral" CONFLICT "Nobody can be their own sponsor"
    SponsorRequired "sponsor_required" CONFLICT "A registration needs a sponsor"
    AlreadyRegistered "already_registered" CONFLICT "The wallet has registered before; it can do so once, also after a refund"
    RegistrationPending "registration_pending" CONFLICT "A registration of the wallet is on the chain, but not final yet"
    NotRegistered "not_registered" CONFLICT "The wallet is not registered"
    RefundedUser "refunded_user" CONFLICT "The user's registration was refunded"
    FrozenUser "frozen_user" CONFLICT "The user is frozen"
    WrongAmount "wrong_amount" CONFLICT "The amount is not the plan's price"
    UnknownDisclosure "unknown_disclosure" CONFLICT "No disclosure with this hash was shown"
    OutdatedDisclosure "outdated_disclosure" CONFLICT "The disclosure is too old; read the present one"
    NoNextTier "no_next_tier" CONFLICT "There is no next tier to reserve for"
    ReserveNotChosen "reserve_not_chosen" CONFLICT "The plan decides what is reserved"
    NothingAvailable "nothing_available" CONFLICT "Nothing is matured and unpaid"
    NothingDue "nothing_due" CONFLICT "There is nobody to pay"
    WrongBatchState "wrong_batch_state" CONFLICT "The batch is not in a state that allows this step"
    CancelRequested "cancel_requested" CONFLICT "The batch has been cancelled"
    ListChanged "list_changed" CONFLICT "The list has changed since it was reviewed"
    DeadlinePassed "deadline_passed" CONFLICT "The authorization would already be expired"
    SettlementStopped "settlement_stopped" CONFLICT "Settlement is stopped by a severe finding"
    WrongRootState "wrong_root_state" CONFLICT "The root cannot be approved any more"
    RootUnderWay "root_under_way" CONFLICT "Another root is on its way to the chain"
    BatchesLive "batches_live" CONFLICT "A payout batch is still in progress"
    RootUnfunded "root_unfunded" CONFLICT "The contract could not pay what the root promises"
    NotStopped "not_stopped" CONFLICT "Settlement is not stopped"
    SecondOperatorNeeded "second_operator_needed" CONFLICT "A second operator has to agree"
    RangeNotFinal "range_not_final" CONFLICT "Not all blocks of the range are final"
    DryRunFirst "dry_run_first" CONFLICT "A dry run of the same range has to come first"
    UnknownReplay "unknown_replay" NOT_FOUND "There is no such request to read a range again"
    ReplayContradicts "replay_contradicts" CONFLICT "Stored data differs from the chain"
    UnknownRelay "unknown_relay" NOT_FOUND "No message with this digest was handed in"
    UnknownDeposit "unknown_deposit" NOT_FOUND "The contract has no such deposit"
    MessageExpired "message_expired" CONFLICT "The signed message expires too soon"
    NotRefundable "not_refundable" CONFLICT "The deposit cannot be refunded any more"
    RootImmature "root_immature" CONFLICT "The root cannot be claimed against yet"
    OtherCredit "other_credit" CONFLICT "The user's credit is another than was signed"
    OtherNonce "other_nonce" CONFLICT "The user was paid since, or another nonce was signed"
    MessageRejected "message_rejected" CONFLICT "The contract would reject the message"
    RelayLimit "relay_limit" TOO_MANY_REQUESTS "Too many messages were relayed within 24 hours"
    RelayUnavailable "relay_unavailable" SERVICE_UNAVAILABLE "Nobody pays for relaying now"
    IdempotencyKeyMissing "idempotency_key_missing" PRECONDITION_REQUIRED "This needs an Idempotency-Key"
    IdempotencyConflict "idempotency_conflict" UNPROCESSABLE_ENTITY "The Idempotency-Key was used for another command"
    AuthorizationExpired "authorization_expired" CONFLICT "The authorization would be expired; ask again"
    RateLimited "rate_limited" TOO_MANY_REQUESTS "Too many requests"
    SignerRefused "signer_refused" BAD_GATEWAY "The signer refused"
    SignerUnavailable "signer_unavailable" SERVICE_UNAVAILABLE "The signer does not answer"
    ChainUnavailable "chain_unavailable" SERVICE_UNAVAILABLE "The state of the chain is not known"
    Busy "busy" SERVICE_UNAVAILABLE "Too much is asked for at once"
    NotReady "not_ready" SERVICE_UNAVAILABLE "The service is not ready"
    TimedOut "timed_out" SERVICE_UNAVAILABLE "The request took too long"
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong here"
}

/// The codes, as the values of a string.
pub(super) fn code_schema() -> utoipa::openapi::schema::Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Code::ALL.iter().map(|code| code.name())))
        .build()
}
