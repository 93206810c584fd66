//! What the parameters of orders mean for participants, in plain sentences with figures.

use money::{Asset, Bps};

use super::OrdersTerms;
use super::file::{PersonalVolume, RetailRule};
use crate::{Finding, Severity};

/// Everything worth telling.
pub(super) fn of(terms: &OrdersTerms, asset: Asset) -> Vec<Finding> {
    let mut found = vec![payout(terms), own_purchases(terms)];
    if terms.payout_max() == 0 || terms.fund_part() == 0 {
        found.push(Finding {
            code: "orders_pay_no_commissions",
            severity: Severity::Warning,
            text: "Orders pay no commissions: pv_bps, fund_bps or every rate is 0.".to_owned(),
            figures: vec![],
        });
    }
    if terms.personal_volume == PersonalVolume::Own && !terms.active_pv_min.is_zero() {
        let text = format!(
            "A participant is paid only in periods in which the participant's own orders bring at least {} {asset} of \
             volume; orders of customers do not count for this.",
            asset.display_amount(terms.active_pv_min)
        );
        found.push(Finding {
            code: "purchase_required",
            severity: Severity::Warning,
            text,
            figures: vec![("active_pv_min", terms.active_pv_min.base_units())],
        });
    }
    if terms.payout_max() > terms.fund_part() {
        let (promised, funded) = (terms.payout_max(), terms.fund_part());
        found.push(Finding {
            code: "paycut_expected",
            severity: Severity::Warning,
            text: format!(
                "The rates promise up to {promised} and the fund receives {funded} of 100000000 parts of an order: when \
                 more is due than the funds hold, all commissions of the period are cut in the same proportion."
            ),
            figures: vec![
                ("promised_of_100m", u128::from(promised)),
                ("funded_of_100m", u128::from(funded)),
            ],
        });
    }
    found
}

/// The worst case, against what funds it.
fn payout(terms: &OrdersTerms) -> Finding {
    let (promised, funded) = (terms.payout_max(), terms.fund_part());
    Finding {
        code: "payout_ratio_max",
        severity: Severity::Info,
        text: format!(
            "Commissions take at most {promised} of 100000000 parts of an order; {funded} parts go to the fund that pays \
             them."
        ),
        figures: vec![
            ("promised_of_100m", u128::from(promised)),
            ("funded_of_100m", u128::from(funded)),
        ],
    }
}

/// How much of the commissions can come from the participants' own purchases.
fn own_purchases(terms: &OrdersTerms) -> Finding {
    let retail = match terms.retail_rule {
        RetailRule::None => 0,
        RetailRule::Scale | RetailRule::Block => terms.retail_share_min.get(),
    };
    let own = Bps::WHOLE.get().saturating_sub(retail);
    let figures = vec![
        ("own_purchases_bps", u128::from(own)),
        ("customers_min", u128::from(terms.customers_min)),
    ];
    if retail > 0 {
        return Finding {
            code: "retail_required",
            severity: Severity::Info,
            text: format!(
                "Commissions are paid in full only when at least {retail} of 10000 parts of the period's volume are orders \
                 of retail customers; at most {own} parts can come from participants' own purchases."
            ),
            figures,
        };
    }
    let text = match terms.customers_min {
        0 => "All commissions can come from the participants' own purchases: the plan asks for no sale to a retail \
              customer."
            .to_owned(),
        customers => format!(
            "Nearly all commissions can come from the participants' own purchases: the plan asks for {customers} retail \
             customers, but for no share of the volume."
        ),
    };
    Finding {
        code: "own_purchases",
        severity: Severity::Warning,
        text,
        figures,
    }
}
