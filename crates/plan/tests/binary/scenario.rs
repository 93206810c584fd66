//! Worked examples as text: a command stands at the start of a line, what it says follows indented. Everything that it
//! says must be there.
//!
//! ```text
//! set excess "flush"             a parameter, before anything else
//! tax 500                        of each pair, in basis points
//! join A | join B by A left      says the place
//! pay A 500 | unpay A            the latest payment is refunded: says the pairs that are undone
//! members A 14 11                adds members who count, in a chain on each side
//! close 2026-01 [budget 20000]   says pairs, then the sums
//! lots A | paid A                says what it is
//! ```

use std::collections::BTreeMap;

use money::{Amount, Asset, Bps};
use plan::binary::{BinaryState, BinaryTerms, Closing, Pair, PairSink, Parts, Payment, Side};
use plan::sponsors::Sponsors;
use plan::{Day, UserId};

use crate::tables::{changed, rupees};

struct Run {
    terms: BinaryTerms,
    state: BinaryState,
    sponsors: Sponsors,
    tax: Bps,
    names: Vec<String>,
    payments: BTreeMap<UserId, Vec<Payment>>,
    /// The lowest member of a chain, by its top and side.
    chains: BTreeMap<(UserId, Side), UserId>,
}

struct Taxed {
    tax: Bps,
    pairs: Vec<Pair>,
}

impl PairSink for Taxed {
    fn withhold(&mut self, _user: UserId, value: Amount) -> Amount {
        self.tax.floor_of(value)
    }

    fn grant(&mut self, pair: &Pair) {
        self.pairs.push(*pair);
    }
}

/// Runs an example and compares what it says.
pub(crate) fn check(name: &str, text: &str) {
    let (settings, commands): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("set "));
    let changes: Vec<(&str, &str)> = settings
        .iter()
        .map(|line| line[4..].split_once(' ').unwrap())
        .collect();
    let mut run = Run {
        terms: changed(&changes).unwrap(),
        state: BinaryState::default(),
        sponsors: Sponsors::default(),
        tax: Bps::default(),
        names: Vec::new(),
        payments: BTreeMap::new(),
        chains: BTreeMap::new(),
    };
    let mut said: Vec<String> = settings.iter().map(|line| (*line).to_owned()).collect();
    for line in commands.iter().filter(|line| !line.starts_with(' ')) {
        said.push((*line).to_owned());
        let words: Vec<&str> = line.split_whitespace().collect();
        said.extend(run.command(&words).into_iter().map(|line| format!("    {line}")));
    }
    assert_eq!(said.join("\n"), text.trim_end(), "{name}");
}

fn show(amount: Amount) -> String {
    Asset::Inr.display_amount(amount)
}

impl Run {
    fn user(&self, name: &str) -> UserId {
        let index = self.names.iter().position(|known| known == name).unwrap();
        UserId::new(u32::try_from(index).unwrap() + 1).unwrap()
    }

    fn name(&self, user: UserId) -> &str {
        &self.names[user.get() as usize - 1]
    }

    fn command(&mut self, words: &[&str]) -> Vec<String> {
        match words {
            [] => Vec::new(),
            ["tax", bps] => {
                self.tax = Bps::new(bps.parse().unwrap()).unwrap();
                Vec::new()
            }
            ["join", name] => self.join(name, None, None),
            ["join", name, "by", sponsor] => self.join(name, Some(sponsor), None),
            ["join", name, "by", sponsor, side] => self.join(name, Some(sponsor), Some(side_of(side))),
            ["pay", name, amount] => self.pay(name, rupees(amount)),
            ["unpay", name] => self.unpay(name),
            ["members", top, left, right] => {
                self.chain(top, Side::Left, left.parse().unwrap());
                self.chain(top, Side::Right, right.parse().unwrap());
                Vec::new()
            }
            ["close", month] => self.close(month, Amount::new(u128::MAX)),
            ["close", month, "budget", budget] => self.close(month, rupees(budget)),
            ["lots", name] => {
                let [left, right] = self.state.lots(self.user(name));
                vec![format!("{left} {right}")]
            }
            ["paid", name] => {
                let user = self.user(name);
                let active = self.state.is_active_buyer(&self.terms, user);
                let mark = if active { " active" } else { "" };
                vec![format!("{}{mark}", show(self.state.paid(user)))]
            }
            other => panic!("no such command: {other:?}"),
        }
    }

    fn join(&mut self, name: &str, sponsor: Option<&str>, side: Option<Side>) -> Vec<String> {
        let sponsor = sponsor.map(|sponsor| self.user(sponsor));
        self.names.push(name.to_owned());
        let user = self.user(name);
        assert_eq!(self.sponsors.join(sponsor), Some(user));
        let place = self.state.join(&self.sponsors, side);
        assert_eq!(place, self.state.place(user));
        place.map_or_else(Vec::new, |place| {
            assert_eq!(self.state.below(place.parent, place.side), Some(user));
            let side = match place.side {
                Side::Left => "left",
                Side::Right => "right",
            };
            vec![format!("{side} of {}", self.name(place.parent))]
        })
    }

    fn pay(&mut self, name: &str, amount: Amount) -> Vec<String> {
        let user = self.user(name);
        let payment = self.state.pay(&self.sponsors, &self.terms, user, amount);
        let mut line = format!("accepted {}", show(payment.accepted));
        if !payment.refused.is_zero() {
            line += &format!(" refused {}", show(payment.refused));
        }
        for (word, said) in [
            ("first", payment.first),
            ("active", payment.activates),
            ("counts", payment.counts),
        ] {
            if said {
                line += &format!(" {word}");
            }
        }
        self.payments.entry(user).or_default().push(payment);
        vec![line]
    }

    fn unpay(&mut self, name: &str) -> Vec<String> {
        let user = self.user(name);
        let payment = self.payments.get_mut(&user).and_then(Vec::pop).unwrap();
        let mut undone = Vec::new();
        self.state
            .unpay(&self.sponsors, &self.terms, user, &payment, &mut undone);
        let line = |pair: &plan::binary::Undone| {
            let parts = parts(pair.parts);
            format!("undone {} pair {}: {parts}", self.name(pair.user), pair.number)
        };
        undone.iter().map(line).collect()
    }

    fn chain(&mut self, top: &str, side: Side, count: u32) {
        let top = self.user(top);
        for _ in 0..count {
            let lowest = self.chains.get(&(top, side)).copied();
            let name = format!("{}-{:?}-{}", self.name(top), side, self.names.len());
            let sponsor = self.name(lowest.unwrap_or(top)).to_owned();
            let side_wanted = if lowest.is_some() { Side::Left } else { side };
            self.join(&name, Some(&sponsor), Some(side_wanted));
            self.chains.insert((top, side), self.user(&name));
            self.pay(&name, self.terms.activation_amount());
        }
    }

    fn close(&mut self, month: &str, budget: Amount) -> Vec<String> {
        let month = Day::of_date(&format!("{month}-01")).unwrap().month();
        let mut sink = Taxed {
            tax: self.tax,
            pairs: Vec::new(),
        };
        let closing = self
            .state
            .close_month(&self.sponsors, &self.terms, month, budget, &mut sink);
        let mut lines: Vec<String> = sink
            .pairs
            .chunk_by(|one, next| (one.user, one.parts) == (next.user, next.parts))
            .map(|pairs| {
                let (first, last) = (pairs[0], pairs[pairs.len() - 1]);
                let active = if last.activates { ", active" } else { "" };
                let numbers = format!("{}-{}", first.number, last.number);
                let parts = parts(first.parts);
                format!("{} pairs {numbers}: {parts} each{active}", self.name(first.user))
            })
            .collect();
        lines.push(sums(&closing));
        lines
    }
}

fn parts(parts: Parts) -> String {
    let mut line = show(parts.value);
    for (word, amount) in [
        ("tax", parts.withheld),
        ("instalment", parts.instalment),
        ("wallet", parts.wallet()),
    ] {
        if !amount.is_zero() || word == "wallet" {
            line += &format!(" {word} {}", show(amount));
        }
    }
    line
}

fn sums(closing: &Closing) -> String {
    let mut line = format!("granted {}: {}", closing.granted, show(closing.granted_value));
    for (word, count) in [
        ("capped", closing.capped),
        ("flushed", closing.flushed),
        ("short", closing.short),
        ("unqualified", closing.unqualified),
    ] {
        if count > 0 {
            line += &format!(" {word} {count}");
        }
    }
    let (granted, payable) = (
        closing.granted_value.base_units(),
        closing.payable_value.base_units(),
    );
    // Of nothing, everything is covered.
    if let Some(coverage) = (granted * 10_000)
        .checked_div(payable)
        .filter(|bps| *bps < 10_000)
    {
        line += &format!(" coverage {coverage}");
    }
    line
}

fn side_of(word: &str) -> Side {
    match word {
        "left" => Side::Left,
        "right" => Side::Right,
        other => panic!("no such side: {other}"),
    }
}
