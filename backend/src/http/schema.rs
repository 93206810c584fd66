//! Texts of the API as types, with their schemas in its description: patterns, limits and enumerations.
//!
//! Not responsible for reading them (`words`): of a request, a text of the type may be anything. The words of a list belong to
//! whoever decides.

use std::borrow::Cow;
use std::ops::Deref;

use alloy_primitives::{Address, B256, Bytes};
use approval::SIGNATURE_BYTES_MAX;
use money::Amount;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use settlement::batch::{Cause, RewardKind};
use settlement::state::{BatchState, SubmissionState};
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, SchemaType};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::app::access::Role;
use crate::app::authorizations::State as Became;
use crate::login::MESSAGE_BYTES_MAX;

/// Maximum characters of the reason of a stop.
pub const STOP_REASON_CHARACTERS_MAX: usize = 500;

/// How a type is described.
macro_rules! described {
    ($doc:literal $name:ident $schema:expr) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let mut schema: Object = $schema;
                schema.description = Some($doc.trim().to_owned());
                schema.into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

macro_rules! texts {
    ($( #[doc = $doc:literal] $name:ident $schema:expr; )*) => { $(
        #[doc = $doc]
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Cow<'static, str>);

        described! { $doc $name $schema }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<&'static str> for $name {
            fn from(text: &'static str) -> Self {
                Self(text.into())
            }
        }
    )* };
}

/// What is shown as such a text.
macro_rules! shown {
    ($( $name:ident from $type:ty: $show:expr; )*) => { $(
        impl From<$type> for $name {
            fn from(value: $type) -> Self {
                let show: fn($type) -> String = $show;
                Self(show(value).into())
            }
        }
    )* };
}

shown! {
    Wallet from Address: |wallet| wallet.to_checksum(None);
    Hash from B256: |hash| hash.to_string();
    BaseUnits from Amount: |amount| amount.to_string();
    BaseUnits from u128: |amount| amount.to_string();
    SignedBaseUnits from i128: |amount| amount.to_string();
    HexBytes from Bytes: |bytes| bytes.to_string();
}

texts! {
    /// An address: with its checksum (EIP-55) in answers; in requests in that form or all in lower case.
    Wallet pattern("^0x[0-9a-fA-F]{40}$", 42);
    /// 32 bytes.
    Hash pattern("^0x[0-9a-fA-F]{64}$", 66);
    /// Base units as a decimal integer, at most 2^128 - 1.
    BaseUnits pattern("^(0|[1-9][0-9]{0,38})$", 39);
    /// Base units as a decimal integer that may be negative.
    SignedBaseUnits pattern("^(0|-?[1-9][0-9]{0,38})$", 40);
    /// Bytes in hexadecimal with prefix.
    HexBytes pattern("^0x([0-9a-fA-F]{2})*$", usize::MAX);
    /// A signature in hexadecimal with prefix: 65 bytes, 64 (EIP-2098), or what a contract wallet takes (EIP-1271).
    WalletSignature pattern("^0x([0-9a-fA-F]{2})+$", 2 + 2 * SIGNATURE_BYTES_MAX);
    /// As a signature of a wallet, as long as it is relayed.
    RelaySignature pattern("^0x([0-9a-fA-F]{2})+$", 2 + 2 * crate::relay::order::SIGNATURE_BYTES_MAX);
    /// What a relayed message requests.
    RelayKindName words(store::relay::Kind::ALL.map(store::relay::Kind::name));
    /// Where a relayed message stands.
    RelayStateName words(store::relay::State::ALL.map(store::relay::State::name));
    /// A login message (EIP-4361).
    LoginMessage pattern("^[ -~\\n]+$", MESSAGE_BYTES_MAX);
    /// Where a page of a list ended.
    Cursor pattern("^([0-9a-f]{2})+$", 256);
    /// The caller's own name for a command.
    IdempotencyKeyText pattern("^[ -~]+$", 128);
    /// Why an operator stops intake and settlement, in one line; spaces around it are dropped.
    StopReason pattern("^[^\\x00-\\x1f\\x7f-\\x9f]+$", STOP_REASON_CHARACTERS_MAX);
    /// State of a user.
    UserStatusName words(["active", "refunded"]);
    /// What an operator may do.
    RoleName words(Role::ALL.map(Role::name));
    /// Where a node hangs.
    SideName words(["root", "left", "right"]);
    /// What paid for a place.
    FundingName words(["registration", "progression"]);
    /// State of a tree.
    TreeStatus words(["open", "closed"]);
    /// What a registration buys.
    RouteName words(["direct", "pool", "split", "pool_full"]);
    /// State of a batch.
    BatchStateName words(BatchState::ALL.map(BatchState::name));
    /// State of a payout.
    PayoutStateName words(["held", "refused", "executed", "credited", "skipped", "released"]);
    /// Why a payout holds nothing.
    PayoutRefusal words(["already_live", "exceeds_available", "target_too_large"]);
    /// State of a submission.
    SubmissionStateName words(SubmissionState::ALL.map(SubmissionState::name));
    /// Kind of a reward.
    RewardKindName words(RewardKind::ALL.map(RewardKind::name));
    /// Why a user is left out.
    LeftOutName words(Cause::ALL.map(Cause::name));
    /// What an entry of a history is about.
    EntryKind words([
        "registration", "retopup", "direct", "pool_layer", "generation", "accrual", "rank", "bonus", "pair", "withdrawal",
        "payout", "claim", "credit_withdrawal",
    ]);
    /// State of an entry of a history.
    EntryState words([
        "held", "matured", "refunded", "reversed", "withheld", "forfeited", "executed", "credited", "skipped", "released", "refused",
        "paid",
    ]);
    /// A side of a user in the binary tree.
    BinarySideName words(["left", "right"]);
    /// Whether a pair stands.
    PairState words(["paid", "undone"]);
    /// Whether a tax was withheld or given back.
    WithholdingKind words(["withheld", "given_back"]);
    /// Whether a subscription still accrues.
    SubscriptionState words(["active", "ended"]);
    /// Why a reward was not paid.
    WithheldCause words([
        "no_upline", "not_retopped", "refunded", "unqualified", "inactive", "capped", "flushed", "residual",
    ]);
    /// What happened on the chain.
    PendingKind words([
        "registration", "retopup", "refund", "payout", "payout_credited", "claim", "claim_credited", "credit_withdrawal",
    ]);
    /// State of a root.
    RootState words(["built", "approved", "signed", "published", "vetoed", "expired", "discarded"]);
    /// State of a root that was requested.
    RootRequestState words(["waiting", "built", "refused"]);
    /// Why a root was not built.
    RootRefusal words(["nothing_due", "no_tree"]);
    /// What a run found.
    RunOutcome words(["clean", "findings", "skipped"]);
    /// How severe a finding is.
    Severity words(["S1", "S2", "S3"]);
    /// What was paid for.
    DepositKindName words(["registration", "retopup"]);
    /// The outcome of an authorization.
    AuthorizationState words(Became::ALL.map(Became::name));
    /// What a proposal is about.
    ProposalKindName words(store::proposal::Kind::ALL.map(store::proposal::Kind::name));
    /// Where a proposal stands.
    ProposalStateName words(["open", "expired", "withdrawn", "approved", "done", "ignored", "quarantined"]);
    /// The status of a command.
    CommandState words(["waiting", "done", "ignored"]);
    /// Whether someone can be named as a sponsor.
    SponsorState words(["unknown", "pending", "registered", "frozen", "refunded"]);
    /// A whole text of an entry of the audit log.
    AuditText pattern("^.+$", 500);
    /// A report.
    ReportName words(crate::app::report::Report::ALL.map(crate::app::report::Report::name));
    /// What is known of a user.
    SearchText pattern("^.+$", 64);
    /// How a hash chain is broken.
    BrokenName words(audit::trail::Broken::ALL.map(audit::trail::Broken::name));
    /// The form of a file.
    ExportFormat words(["csv", "ndjson"]);
    /// What the signer said of itself last.
    SignerStateName words(["available", "paused", "unavailable"]);
}

/// An object whose fields are not fixed.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct FreeObject(pub Value);

described! { "An object whose fields are not fixed." FreeObject free() }

/// Any value of JSON.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct AnyValue(pub Value);

described! { "Any value of JSON." AnyValue ObjectBuilder::new().schema_type(SchemaType::AnyValue).build() }

/// The number of a user, from 1.
#[derive(Debug)]
pub struct UserNumber;

described! { "The number of a user, from 1." UserNumber number(1, i32::MAX) }

/// An object of any fields.
fn free() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .build()
}

/// A text of this form and length.
fn pattern(pattern: &str, length_max: usize) -> Object {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern));
    let bounded = (length_max < usize::MAX).then_some(length_max);
    text.max_length(bounded).build()
}

/// A whole number from `least` to `most`.
fn number(least: i32, most: i32) -> Object {
    let number = ObjectBuilder::new().schema_type(Type::Integer);
    let number = number.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)));
    number.minimum(Some(least)).maximum(Some(most)).build()
}

/// One of these words.
pub(super) fn words<const N: usize>(words: [&str; N]) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .build()
}
