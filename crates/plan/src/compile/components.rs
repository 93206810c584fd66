//! The components of a plan file together: which of them fit each other, what each payment is, and which fund pays what.
//!
//! Single tables check themselves; here is what only the whole file can say. Funding: everything that a component pays
//! is a part of a payment or a debit of a declared fund, so no path pays more than it takes.

use ledger::Fund;
use money::{Amount, Asset, Bps};

use super::payout;
use crate::autopool::AutoPoolTerms;
use crate::binary::BinaryTerms;
use crate::campaign::CampaignTerms;
use crate::compiled::{ComponentTerms, FundTerms, IntakeRule};
use crate::file::PlanFile;
use crate::orders::OrdersTerms;
use crate::ranks::RanksTerms;
use crate::subscription::table::AllocationTable;
use crate::subscription::{BonusTerms, SubscriptionTerms};
use components::fund::{FundName, numbered};
use plan_file::reference::{self, Named, Reference};
use plan_file::{Encoder, Finding, Refusal, Severity, field, percent};

/// Maximum number of funds of a plan: the number of a fund is a byte of an account's id, and more could not be kept apart by people.
pub const FUNDS_MAX: usize = 32;

/// What the components of a file compile to, and what a payment is.
pub(super) fn check(
    file: &PlanFile,
    asset: Asset,
    auto_pool: Option<AutoPoolTerms>,
) -> Result<(IntakeRule, ComponentTerms), Refusal> {
    let funds = check_funds(file)?;
    let declared: Vec<String> = funds.iter().map(|fund| fund.name.clone()).collect();
    let terms = ComponentTerms {
        auto_pool,
        allocations: check_allocations(file, &declared)?,
        funds,
        ..ComponentTerms::read(file, asset, &declared)?
    };
    let intake = check_intake(file, asset)?;
    check_together(file, &terms)?;
    Ok((intake, terms))
}

fn check_funds(file: &PlanFile) -> Result<Vec<FundTerms>, Refusal> {
    let tables = file.funds.as_deref().unwrap_or_default();
    field::list_length("funds", tables.len(), 0, FUNDS_MAX)?;
    let mut named = Vec::with_capacity(tables.len());
    for (index, table) in tables.iter().enumerate() {
        FundName::check(&format!("funds[{index}].name"), &table.name)?;
        named.push(Named {
            name: &table.name,
            field: format!("funds[{index}].name"),
            references: table
                .fallback
                .iter()
                .map(|name| Reference {
                    name,
                    field: format!("funds[{index}].fallback"),
                })
                .collect(),
        });
    }
    reference::order(&named)?;
    let number = |name: &String| {
        tables
            .iter()
            .position(|table| table.name == *name)
            .and_then(numbered)
    };
    Ok(tables
        .iter()
        .map(|table| FundTerms {
            name: table.name.clone(),
            fallback: table.fallback.as_ref().and_then(number),
        })
        .collect())
}

fn check_allocations(file: &PlanFile, declared: &[String]) -> Result<Vec<(Fund, Bps)>, Refusal> {
    let tables = file.allocations.as_deref().unwrap_or_default();
    field::list_length("allocations", tables.len(), 0, FUNDS_MAX)?;
    let shares: Vec<u16> = tables.iter().map(|table| table.bps).collect();
    let shares = field::shares("allocations", &shares)?;
    let named = tables.iter().zip(shares).enumerate();
    let named = named.map(|(index, (table, share)): (usize, (&AllocationTable, Bps))| {
        let mut earlier = tables.iter().take(index);
        if earlier.any(|earlier| earlier.fund == table.fund) {
            return Err(field::fund_repeated(
                &format!("allocations[{index}].fund"),
                &table.fund,
            ));
        }
        let field = format!("allocations[{index}].fund");
        let mut fund = FundName::check(&field, &table.fund)?;
        fund.find(&field, declared)?;
        Ok((fund.number(), share))
    });
    named.collect()
}

/// What a payment is. Exactly one table may say so.
fn check_intake(file: &PlanFile, asset: Asset) -> Result<IntakeRule, Refusal> {
    let joining = match &file.joining {
        Some(joining) => Some(IntakeRule::Joining {
            price: field::price(asset, "joining.price", &joining.price)?,
        }),
        None => None,
    };
    let rules = [
        (
            "registration",
            file.registration.as_ref().map(|_| IntakeRule::AutoPool),
        ),
        (
            "subscription",
            file.subscription.as_ref().map(|_| IntakeRule::Subscription),
        ),
        ("booking", file.booking.as_ref().map(|_| IntakeRule::Booking)),
        ("orders", file.orders.as_ref().map(|_| IntakeRule::Order)),
        ("joining", joining),
    ];
    let mut said = rules.into_iter().filter_map(|(table, rule)| Some((table, rule?)));
    let hint = "add one of [registration], [subscription], [booking], [orders] and [joining]";
    let Some((first, rule)) = said.next() else {
        return Err(Refusal::new(
            "intake_missing",
            "registration",
            "no table defines what a payment buys",
            hint,
        ));
    };
    match said.next() {
        None => Ok(rule),
        Some((second, _)) => {
            let problem = format!("[{first}] already defines what a payment buys");
            Err(Refusal::new("intake_ambiguous", second, problem, hint))
        }
    }
}

/// Tables that make no sense without others.
fn check_together(file: &PlanFile, terms: &ComponentTerms) -> Result<(), Refusal> {
    let purchases = file.subscription.is_some();
    for (name, is_there) in [
        ("generation", file.generation.is_some()),
        ("cap", file.cap.is_some()),
        ("bonus", file.bonus.is_some()),
    ] {
        if is_there && !purchases {
            let hint = "add [subscription], or remove it";
            return Err(misfit(
                name,
                "it applies to purchases, but the plan sells nothing",
                hint,
            ));
        }
    }
    if file.ranks.is_some() && !purchases && file.orders.is_none() {
        let hint = "add [subscription] or [orders], or remove it";
        return Err(misfit("ranks", "no table generates volume", hint));
    }
    let keeps_wallets = terms.withdrawal.is_some() || terms.withholding().has_payout_basis();
    if keeps_wallets && file.pool.is_some() {
        let table = if terms.withdrawal.is_some() {
            "withdrawal"
        } else {
            "withholding"
        };
        let problem = "pool reserves are released directly to the amount payable on chain, bypassing the wallet balance";
        return Err(misfit(table, problem, "remove it from a plan with pools"));
    }
    let allocates = file.booking.is_some() || file.joining.is_some();
    if file.allocations.is_some() && !allocates {
        let problem = "other tables already allocate the payments of this plan";
        let hint = "write [[subscription.allocations]] or orders.fund_bps instead";
        return Err(misfit("allocations", problem, hint));
    }
    Ok(())
}

fn misfit(table: &str, problem: &str, hint: &str) -> Refusal {
    Refusal::new("component_misplaced", table, problem, hint)
}

/// What participants must know of the components.
pub(super) fn findings(terms: &ComponentTerms, asset: Asset) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(subscription) = &terms.subscription {
        found.extend(subscription.findings_beside(asset, terms.generation.as_ref(), terms.cap));
    }
    found.extend(accruals_from_purchases(terms));
    found.extend(terms.findings(asset));
    found.extend(payout::fallbacks(terms));
    if !terms.funds.is_empty() {
        found.push(funded_rewards(terms));
    }
    found
}

/// Whether rewards come from what later participants pay for the plan itself. `payout_share` reports payments for goods.
pub(super) fn recruited(intake: IntakeRule, terms: &ComponentTerms) -> Finding {
    let uplines = payout::uplines_bps(terms);
    let allocated = payout::allocated_bps(terms);
    let is_funded = uplines > 0 || allocated > 0;
    let whole = "Without money from outside all rewards are funded by payments of later participants";
    let text = match intake {
        IntakeRule::Booking | IntakeRule::Order => {
            "According to the plan file, payments are for goods, so no reward counts as funded by recruitment; payout_share states \
             how much of them can become rewards."
                .to_owned()
        }
        IntakeRule::AutoPool | IntakeRule::Subscription | IntakeRule::Joining { .. } if !is_funded => {
            "No part of participants' payments becomes rewards: recruitment funds none.".to_owned()
        }
        IntakeRule::Joining { .. } => format!(
            "{whole}: {} of the joining price goes into funds that pay rewards.",
            percent(allocated)
        ),
        IntakeRule::AutoPool | IntakeRule::Subscription => format!(
            "{whole}: {} of every purchase goes to uplines, and {} of the rest goes into funds that pay rewards.",
            percent(uplines),
            percent(allocated)
        ),
    };
    let is_for_goods = matches!(intake, IntakeRule::Booking | IntakeRule::Order);
    let (severity, share_bps) = if is_funded && !is_for_goods {
        (Severity::Warning, u128::from(Bps::WHOLE.get()))
    } else {
        (Severity::Info, 0)
    };
    Finding {
        code: "recruitment_funded",
        severity,
        text,
        figures: vec![
            ("share_bps", share_bps),
            ("generations_bps", uplines),
            ("allocations_bps", allocated),
        ],
    }
}

/// Accruals that are paid with what other participants paid in.
fn accruals_from_purchases(terms: &ComponentTerms) -> Option<Finding> {
    let subscription = terms.subscription.as_ref()?;
    let bps = payout::accruals_bps(terms);
    (bps > 0).then(|| Finding {
        code: "accruals_from_purchases",
        severity: Severity::Warning,
        text: format!(
            "The fund {:?} that pays accruals, together with the funds that back it, receives {} of every purchase after the generation \
             shares: to that extent participants are paid with other participants' payments.",
            subscription.fund().as_str(),
            percent(bps)
        ),
        figures: vec![("allocation_bps", bps)],
    })
}

/// What depends on money from outside the plan.
fn funded_rewards(terms: &ComponentTerms) -> Finding {
    let outside = terms
        .paying()
        .filter(|(_, fund)| !payout::is_filled(terms, *fund));
    let names: Vec<&str> = outside.map(|(name, _)| name).collect();
    let text = if terms.paying().next().is_none() {
        "No rule pays rewards out of a fund.".to_owned()
    } else if names.is_empty() {
        "Every rule that pays rewards out of a fund has a fund that receives a share of payments; when its funds are empty \
         nothing is paid."
            .to_owned()
    } else {
        format!(
            "Nothing in the plan fills the funds for {}: they are paid only as far as operators add money.",
            names.join(", ")
        )
    };
    Finding {
        code: "funded_from_outside",
        severity: Severity::Info,
        text,
        figures: vec![("rules", u128::try_from(names.len()).unwrap_or(u128::MAX))],
    }
}

/// Which tables the file has, each with its parameters.
pub(super) fn encode(intake: IntakeRule, terms: &ComponentTerms, out: &mut Encoder) {
    out.length(terms.funds.len());
    for fund in &terms.funds {
        out.text(&fund.name);
        out.u32(fund.fallback.map_or(0, |fund| u32::from(fund.get())));
    }
    out.length(terms.allocations.len());
    for (fund, share) in &terms.allocations {
        out.u32(u32::from(fund.get()));
        out.u32(u32::from(share.get()));
    }
    let price = match intake {
        IntakeRule::Joining { price } => price,
        IntakeRule::AutoPool | IntakeRule::Subscription | IntakeRule::Booking | IntakeRule::Order => {
            Amount::ZERO
        }
    };
    out.amount(price);
    for fund in [
        terms.subscription.as_ref().map(SubscriptionTerms::fund),
        terms.ranks.as_ref().map(RanksTerms::fund),
        terms.binary.as_ref().map(BinaryTerms::fund),
        terms.orders.as_ref().map(OrdersTerms::fund),
        terms.campaign.as_ref().map(CampaignTerms::fund),
        terms.bonus.as_ref().map(BonusTerms::fund),
    ] {
        out.u32(fund.map_or(0, |fund| u32::from(fund.number().get())));
    }
    terms.encode(out);
}
