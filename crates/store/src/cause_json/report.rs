//! Stored reports: causes that no chain says. Days are numbers of days since 1970-01-01, funds and periods numbers.

use alloy_primitives::{Address, B256};
use ledger::Fund;
use money::Amount;
use plan::report::Side;
use plan::{Day, Report};
use serde::{Deserialize, Serialize};

use super::field::{day, decimal, fund, optional_decimal};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Report", tag = "report", rename_all = "snake_case")]
pub(super) enum ReportForm {
    DayEnded {
        #[serde(with = "day")]
        day: Day,
    },
    FundAllocated {
        #[serde(with = "fund")]
        fund: Fund,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    PlanChanged {
        plan_hash: B256,
    },
    WithdrawalRequested {
        wallet: Address,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    UserVerified {
        wallet: Address,
    },
    TaxIdRecorded {
        wallet: Address,
    },
    SideChosen {
        wallet: Address,
        #[serde(with = "optional_side")]
        side: Option<Side>,
    },
    OrderPlaced {
        order_ref: B256,
        wallet: Address,
        customer: Option<B256>,
        #[serde(with = "decimal")]
        amount: Amount,
        /// Left out when the order brings the plan's share of its amount, as in all that was stored before it could be less.
        #[serde(with = "optional_decimal", default, skip_serializing_if = "Option::is_none")]
        volume: Option<Amount>,
        #[serde(with = "day")]
        day: Day,
    },
    OrderRefunded {
        order_ref: B256,
        #[serde(with = "decimal")]
        amount: Amount,
    },
    PeriodFinalized {
        period: u32,
    },
    PeriodReleased {
        period: u32,
    },
    ConversionReported {
        conversion_ref: B256,
        wallet: Address,
        referee: B256,
        #[serde(with = "decimal")]
        amount: Amount,
        #[serde(with = "day")]
        day: Day,
    },
    ConversionReversed {
        conversion_ref: B256,
        #[serde(with = "decimal")]
        amount: Amount,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Side", rename_all = "snake_case")]
enum SideForm {
    Left,
    Right,
}

mod optional_side {
    use plan::report::Side;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::SideForm;

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Form(#[serde(with = "SideForm")] Side);

    pub(super) fn serialize<S: Serializer>(side: &Option<Side>, to: S) -> Result<S::Ok, S::Error> {
        side.map(Form).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Side>, D::Error> {
        Ok(Option::<Form>::deserialize(from)?.map(|form| form.0))
    }
}
