//! A line language for ranks. A line is an operation, the indented lines below it are all that it decides, in order:
//!
//! ```text
//! join B by A              buy B 12000 in 1          refund B 3000 of 1
//! close 1 with 1000        mature after week 3       legs A in 2
//! ```

use std::collections::BTreeMap;

use money::{Amount, Asset};
use plan::ranks::{RankDecision, Ranks, RanksTable, RanksTerms};
use plan::sponsors::Sponsors;
use plan::{Day, UserId};
use plan_file::calendar::Week;

const ASSET: Asset = Asset::Usdt;

#[derive(serde::Deserialize)]
struct File {
    ranks: RanksTable,
}

pub(crate) fn terms(toml: &str) -> RanksTerms {
    let file: File = toml::from_str(toml).unwrap();
    RanksTerms::check(&file.ranks, ASSET).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The week with this number.
pub(crate) fn week(number: u32) -> Week {
    Day::new(7 * number).week()
}

fn amount(text: &str) -> Amount {
    ASSET.parse_amount(text).unwrap()
}

struct World<'a> {
    terms: &'a RanksTerms,
    ranks: Ranks,
    sponsors: Sponsors,
    users: BTreeMap<String, UserId>,
}

/// Runs a scenario. Every operation must cause exactly the indented lines below it.
pub(crate) fn run(terms: &RanksTerms, text: &str) {
    let mut world = World {
        terms,
        ranks: Ranks::default(),
        sponsors: Sponsors::default(),
        users: BTreeMap::new(),
    };
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut expected = Vec::new();
        while let Some(below) = lines.next_if(|next| next.starts_with("    ")) {
            expected.push(below.trim());
        }
        if !line.trim().is_empty() {
            assert_eq!(world.step(line), expected, "{line}");
        }
    }
}

impl World<'_> {
    fn step(&mut self, line: &str) -> Vec<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["join", name] => self.join(name, None),
            ["join", name, "by", sponsor] => self.join(name, Some(self.users[sponsor])),
            ["buy", name, units, "in", at] => {
                let done = self
                    .ranks
                    .add(&self.sponsors, self.users[name], amount(units), number(at));
                assert!(done, "{line}");
                Vec::new()
            }
            ["refund", name, units, "of", at] => self.refund(name, units, number(at)),
            ["close", at, "with", units] => self.close(number(at), amount(units)),
            ["mature", "after", "week", at] => {
                let sunday = Day::new(7 * at.parse::<u32>().unwrap() + 3);
                let mut out = Vec::new();
                self.ranks.mature(sunday, &mut out);
                let kept = out.iter().map(|one| {
                    let (user, rank, units) = (self.name(one.user), self.rank(one.rank), units(one.amount));
                    format!("{user} keeps {units} of week {} as {rank}", one.week.get())
                });
                kept.collect()
            }
            ["legs", name, "in", at] => self.legs(name, number(at)),
            _ => panic!("not a line: {line}"),
        }
    }

    fn join(&mut self, name: &str, sponsor: Option<UserId>) -> Vec<String> {
        let user = self.sponsors.join(sponsor).expect("the sponsor is there");
        self.ranks.join();
        self.users.insert(name.to_owned(), user);
        Vec::new()
    }

    fn refund(&mut self, name: &str, text: &str, at: Week) -> Vec<String> {
        let user = self.users[name];
        assert!(
            self.ranks.remove(&self.sponsors, user, amount(text), at),
            "{name} {text}"
        );
        let mut affected = Vec::new();
        self.ranks.affected(&self.sponsors, user, &mut affected);
        let mut lines = Vec::new();
        for (upline, week) in affected {
            if let Some(back) = self.ranks.requalify(upline, week) {
                let (user, left) = (self.name(upline), self.rank(back.rank_now));
                let (units, week) = (units(back.amount), week.get());
                lines.push(format!(
                    "{user} gives back {units} of week {week}, left is {left}"
                ));
            }
        }
        lines
    }

    fn close(&mut self, at: Week, budget: Amount) -> Vec<String> {
        let mut out = Vec::new();
        let closed = self
            .ranks
            .close_week(&self.sponsors, self.terms, at, budget, &mut out);
        let Some(closed) = closed else {
            return vec!["is already closed".to_owned()];
        };
        let mut lines: Vec<String> = out.iter().map(|decision| self.decision(decision)).collect();
        lines.push(format!(
            "granted {}, not covered {}, waiting {}",
            units(closed.granted),
            units(closed.not_covered),
            units(closed.waiting)
        ));
        lines
    }

    fn decision(&self, decision: &RankDecision) -> String {
        match *decision {
            RankDecision::Promoted { user, rank, .. } => {
                format!("{} is promoted to {}", self.name(user), self.rank(rank))
            }
            RankDecision::Qualified { user, rank: 0, .. } => format!("{} has no rank", self.name(user)),
            RankDecision::Qualified {
                user,
                rank,
                main,
                other,
            } => {
                let (main, other) = (units(main), units(other));
                format!(
                    "{} is paid as {}: main {main}, other {other}",
                    self.name(user),
                    self.rank(rank)
                )
            }
            RankDecision::Granted {
                user,
                rank,
                week,
                amount,
            } => self.bonus("is granted", user, rank, week, amount),
            RankDecision::NotCovered {
                user,
                rank,
                week,
                amount,
            } => self.bonus("is not covered with", user, rank, week, amount),
            RankDecision::Waits {
                user,
                rank,
                week,
                amount,
            } => self.bonus("waits for", user, rank, week, amount),
            RankDecision::Lapsed {
                user,
                rank,
                week,
                amount,
            } => {
                let (user, left, week) = (self.name(user), self.rank(rank), week.get());
                format!(
                    "{user} waits no more for {} of week {week}, left is {left}",
                    units(amount)
                )
            }
        }
    }

    fn bonus(&self, what: &str, user: UserId, rank: u8, week: Week, amount: Amount) -> String {
        let (user, rank, units) = (self.name(user), self.rank(rank), units(amount));
        format!("{user} {what} {units} of week {} as {rank}", week.get())
    }

    fn legs(&self, name: &str, at: Week) -> Vec<String> {
        let mut out = Vec::new();
        let found = self
            .ranks
            .legs(&self.sponsors, self.terms, self.users[name], at, &mut out);
        let found = found.unwrap();
        let mut lines: Vec<String> = out
            .iter()
            .map(|leg| format!("leg of {}: {}", self.name(leg.direct), units(leg.volume)))
            .collect();
        let main = found
            .main_direct
            .map_or("nobody".to_owned(), |user| self.name(user));
        lines.push(format!(
            "own {}, main {} by {main}, other {}: {}",
            units(found.own),
            units(found.main),
            units(found.other),
            self.rank(found.rank)
        ));
        if let Some((next, requirement, lacks)) = found.missing {
            let (next, lacks) = (self.rank(next), units(lacks));
            lines.push(format!("for {next} {} lacks {lacks}", requirement.name()));
        }
        lines
    }

    fn name(&self, user: UserId) -> String {
        let found = self.users.iter().find(|(_, other)| **other == user);
        found.unwrap().0.clone()
    }

    fn rank(&self, number: u8) -> String {
        self.terms
            .rank(number)
            .map_or("nothing", |rank| rank.name())
            .to_owned()
    }
}

fn units(amount: Amount) -> String {
    ASSET.display_amount(amount)
}

fn number(text: &str) -> Week {
    week(text.parse().unwrap())
}
