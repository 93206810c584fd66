//! Runs the examples of `docs/plan/subscription.md`.
//!
//! The block marked `toml` is read as tables of a plan file and checked. A block marked `days` is one history under them,
//! in which every user was referred by the user before: `buy USER AMOUNT`, `day DATE fund AMOUNT`, `refund NUMBER`; the
//! indented lines are all that it causes. `divide AMOUNT` and `bonus PRICE fund AMOUNT` ask one thing.

use money::Amount;
use plan::cap::table::CapTable;
use plan::generation::{Fate, GenerationTable, GenerationTerms, Share};
use plan::subscription::{BonusTable, BonusTerms, Bonuses, SubscriptionTable};
use serde::Deserialize;

use crate::world::{ASSET, OneLine, World, id, of, user};

const PAGE: &str = include_str!("../../../../docs/plan/subscription.md");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    cap: CapTable,
    generation: GenerationTable,
    subscription: SubscriptionTable,
    bonus: BonusTable,
}

fn blocks(mark: &str) -> Vec<&'static str> {
    let fence = format!("```{mark}\n");
    let blocks = PAGE
        .match_indices(&fence)
        .map(|(at, _)| &PAGE[at + fence.len()..]);
    blocks.map(|rest| rest.split_once("```").unwrap().0).collect()
}

fn tables() -> Tables {
    toml::from_str(blocks("toml")[0]).unwrap()
}

#[test]
fn the_tables_of_the_page_are_accepted() {
    let tables = tables();
    assert_eq!(tables.cap.multiple, 3);
    assert_eq!(
        GenerationTerms::check(&tables.generation)
            .unwrap()
            .rates_sum()
            .get(),
        3_100
    );
    let world = World::new(&tables.subscription);
    assert_eq!(world.terms.rate(of("3000.5")).unwrap().get(), 600);
    assert_eq!(
        BonusTerms::check(&tables.bonus, ASSET).unwrap().amount(),
        of("10")
    );
}

#[test]
fn a_misspelt_field_is_not_ignored() {
    let text = blocks("toml")[0].replace("when_short", "when_shortt");
    assert!(toml::from_str::<Tables>(&text).is_err());
}

#[test]
fn the_examples_of_the_page_are_what_happens() {
    let blocks = blocks("days");
    assert!(blocks.len() >= 3, "{} examples", blocks.len());
    for block in blocks {
        run(block);
    }
}

fn run(block: &str) {
    let tables = tables();
    let mut world = World::new(&tables.subscription);
    let bonus_terms = BonusTerms::check(&tables.bonus, ASSET).unwrap();
    let mut found: Vec<String> = Vec::new();
    for line in block.lines() {
        if let Some(expected) = line.strip_prefix("    ") {
            assert!(!found.is_empty(), "nothing more happens, but: {expected}");
            assert_eq!(found.remove(0), expected);
            continue;
        }
        assert!(found.is_empty(), "not in the page: {found:?}");
        let words: Vec<&str> = line.split_whitespace().collect();
        found = match words.as_slice() {
            ["buy", who, amount] => buy(&mut world, who.parse().unwrap(), amount),
            ["day", date, "fund", fund] => accrue(&mut world, date, fund),
            ["refund", number] => refund(&mut world, number.parse().unwrap()),
            ["divide", amount] => divide(&mut world, amount),
            ["bonus", price, "fund", fund] => {
                let mut bonuses = Bonuses::default();
                let _ = bonuses.grant(&bonus_terms, user(1));
                let used = bonuses.spend(&bonus_terms, user(1), of(price), of(fund));
                vec![format!("uses {} lacks {}", show(used.used), show(used.short))]
            }
            _ => panic!("not understood: {line}"),
        };
    }
    assert!(found.is_empty(), "not in the page: {found:?}");
}

fn show(amount: Amount) -> String {
    ASSET.display_amount(amount)
}

fn buy(world: &mut World, who: u32, amount: &str) -> Vec<String> {
    world.buy(who, amount);
    let text = |share: &Share| {
        let (amount, generation) = (show(share.amount), share.generation);
        let upline = share.upline?.get();
        Some(match share.fate {
            Fate::Paid => format!("{amount} to {upline} generation {generation}"),
            Fate::Breakage(cause) => format!("{amount} {} {upline} generation {generation}", cause.name()),
        })
    };
    world.lines.shares.iter().filter_map(text).collect()
}

fn accrue(world: &mut World, date: &str, fund: &str) -> Vec<String> {
    let coverage = world.accrue(date, fund);
    let mut found: Vec<String> = world
        .accruals
        .iter()
        .map(|line| {
            let end = if line.ended { " and ends" } else { "" };
            let amount = show(line.amount);
            format!(
                "{amount} to {} of subscription {}{end}",
                line.user.get(),
                line.subscription.get()
            )
        })
        .collect();
    found.push(format!(
        "nominal {} capped {} covered {} short {}",
        show(coverage.nominal),
        show(coverage.capped),
        show(coverage.covered),
        show(coverage.short)
    ));
    found
}

fn refund(world: &mut World, number: u32) -> Vec<String> {
    let back = world.subscriptions.refund(id(number), &mut world.caps).unwrap();
    let (cash, accrued) = (show(back.cash), show(back.accrued));
    vec![format!(
        "{cash} back to {}, {accrued} back into the fund",
        back.user.get()
    )]
}

fn divide(world: &mut World, amount: &str) -> Vec<String> {
    let terms = world.terms.clone();
    terms.divide(
        Some(&world.generations),
        of(amount),
        user(1),
        &OneLine,
        &mut world.caps,
        &mut world.lines,
    );
    let shares = Amount::sum_of(world.lines.shares.iter().map(|share| share.amount)).unwrap();
    let mut found = vec![format!("{} generations", show(shares))];
    for (allocation, part) in terms.allocations().iter().zip(&world.lines.allocations) {
        found.push(format!("{} {}", show(*part), allocation.fund.as_str()));
    }
    found.push(format!("{} company", show(world.lines.company)));
    found
}
