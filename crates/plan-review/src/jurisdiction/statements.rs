//! Statements that profiles require but no plan rule provides: the person starting a plan states them as findings, for
//! [`Profile::apply`](super::Profile::apply) to judge.

use money::{Amount, Asset};

use plan_file::{Finding, Severity, percent};

/// For this many days a payment can be refunded.
pub fn cooling_off(days: u32) -> Finding {
    Finding {
        code: "cooling_off",
        severity: Severity::Info,
        text: format!("A payment can be refunded for {}.", self::days(days)),
        figures: vec![("days", u128::from(days))],
    }
}

/// The shortest time for which a reward is held before it is its user's.
pub fn reward_hold(days: u32) -> Finding {
    Finding {
        code: "reward_hold",
        severity: Severity::Info,
        text: format!("Rewards are held for at least {}.", self::days(days)),
        figures: vec![("days", u128::from(days))],
    }
}

/// What must be paid for joining rather than for a product; zero says that nothing must.
pub fn entry_fee(asset: Asset, price: Amount) -> Finding {
    let text = if price.is_zero() {
        "Joining is free.".to_owned()
    } else {
        format!("Joining costs {} {asset}.", asset.display_amount(price))
    };
    Finding {
        code: "entry_fee",
        severity: Severity::Info,
        text,
        figures: vec![("price_units", price.base_units())],
    }
}

/// Joining takes a payment of at least so much, which buys no goods.
pub fn entry_fee_from(asset: Asset, least: Amount) -> Finding {
    Finding {
        text: format!("Joining costs at least {} {asset}.", asset.display_amount(least)),
        ..entry_fee(asset, least)
    }
}

/// Joining takes a first payment for goods, of at least so much; there is no fee besides it.
pub fn entry_purchase(asset: Asset, first_payment_min: Amount) -> Finding {
    let least = if first_payment_min.is_zero() {
        String::new()
    } else {
        format!(" of at least {} {asset}", asset.display_amount(first_payment_min))
    };
    Finding {
        code: "entry_fee",
        severity: Severity::Info,
        text: format!("Joining requires a first payment{least} for what the plan sells and no other fee."),
        figures: vec![
            ("price_units", 0),
            ("first_payment_units", first_payment_min.base_units()),
        ],
    }
}

/// The share of all participants, in basis points, whom the disclosure of incomes counts; the whole counts also those who
/// received nothing.
pub fn income_disclosure(participants_bps: u16) -> Finding {
    Finding {
        code: "income_disclosure",
        severity: Severity::Info,
        text: format!(
            "The disclosure shown to newcomers covers {} of all participants.",
            percent(u128::from(participants_bps))
        ),
        figures: vec![("participants_bps", u128::from(participants_bps))],
    }
}

/// `1 day`, `2 days`.
pub(crate) fn days(number: u32) -> String {
    format!("{number} day{}", if number == 1 { "" } else { "s" })
}
