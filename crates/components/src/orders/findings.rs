//! What the parameters of orders mean for participants, in plain sentences with figures.

use money::{Asset, Bps};

use super::OrdersTerms;
use crate::orders::table::{PersonalVolume, RetailRule};
use plan_file::{Finding, Severity, percent, percent_of_100m};

/// Everything worth telling.
pub(super) fn of(terms: &OrdersTerms, asset: Asset) -> Vec<Finding> {
    let mut found = vec![payout(terms), own_purchases(terms)];
    found.extend(no_commissions(terms));
    found.extend(purchase_required(terms, asset));
    if terms.payout_max() > terms.fund_part() {
        let (promised, funded) = (terms.payout_max(), terms.fund_part());
        found.push(Finding {
            code: "paycut_expected",
            severity: Severity::Warning,
            text: format!(
                "The rates promise up to {} of an order and the fund receives {}: when more is due than the funds hold, all \
                 commissions of the period are reduced in the same proportion.",
                percent_of_100m(promised),
                percent_of_100m(funded)
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
            "Commissions take at most {} of an order; {} goes to the fund that pays them.",
            percent_of_100m(promised),
            percent_of_100m(funded)
        ),
        figures: vec![
            ("promised_of_100m", u128::from(promised)),
            ("funded_of_100m", u128::from(funded)),
        ],
    }
}

/// Orders that fund nothing, or that nothing is paid for.
fn no_commissions(terms: &OrdersTerms) -> Option<Finding> {
    let text = if terms.payout_max() == 0 {
        "Orders pay no commissions: pv_bps or every rate is 0."
    } else if terms.fund_part() == 0 {
        "Orders put nothing into the fund that pays commissions, because fund_bps is 0: commissions are paid only out of what else \
         reaches that fund or the funds behind it."
    } else {
        return None;
    };
    Some(Finding {
        code: "orders_pay_no_commissions",
        severity: Severity::Warning,
        text: text.to_owned(),
        figures: vec![],
    })
}

/// Who does not buy is not paid: the least own volume with which some generation pays.
fn purchase_required(terms: &OrdersTerms, asset: Asset) -> Option<Finding> {
    if terms.personal_volume != PersonalVolume::Own || terms.payout_max() == 0 {
        return None;
    }
    let paying = terms
        .generations
        .iter()
        .filter(|generation| generation.rate.get() > 0);
    let least = paying.map(|generation| generation.asks.personal).min()?;
    let least = least.max(terms.active_pv_min);
    (!least.is_zero()).then(|| Finding {
        code: "purchase_required",
        severity: Severity::Warning,
        text: format!(
            "A participant receives commissions only for periods in which their own orders bring at least {} {asset} \
             of volume; customers' orders do not count towards this.",
            asset.display_amount(least)
        ),
        figures: vec![
            ("own_volume_min", least.base_units()),
            ("active_pv_min", terms.active_pv_min.base_units()),
        ],
    })
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
        let below = match terms.retail_rule {
            RetailRule::None | RetailRule::Scale => "they are reduced in proportion",
            RetailRule::Block => "none are paid",
        };
        return Finding {
            code: "retail_required",
            severity: Severity::Info,
            text: format!(
                "Commissions are paid in full only when at least {} of the period's volume comes from retail customers; \
                 below that {below}. Even then up to {} of the volume can be participants' own purchases, and a retail customer \
                 cannot be told from an invented one.",
                percent(u128::from(retail)),
                percent(u128::from(own)),
            ),
            figures,
        };
    }
    let text = match terms.customers_min {
        0 => "All commissions can come from the participants' own purchases: the plan does not require any sale \
              to a retail customer."
            .to_owned(),
        customers => format!(
            "Nearly all commissions can come from the participants' own purchases: a paid participant needs {customers} \
             retail customer{}, but the plan does not require a share of the volume.",
            if customers == 1 { "" } else { "s" }
        ),
    };
    Finding {
        code: "own_purchases",
        severity: Severity::Warning,
        text,
        figures,
    }
}
