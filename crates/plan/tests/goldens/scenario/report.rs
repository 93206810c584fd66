//! Lines about components: what users, operators, shops and schedules report.

use alloy_primitives::keccak256;
use ledger::Fund;
use plan::report::Side;
use plan::{Cause, Day, Effect, IgnoredCause, Report};

use super::Scenario;

/// `! ignored` and why.
pub(super) fn ignored(cause: IgnoredCause) -> String {
    if let IgnoredCause::Order(error) = cause {
        format!("! ignored {error}")
    } else {
        format!("! ignored {cause:?}")
    }
}

impl Scenario {
    pub(super) fn report(&mut self, words: &[&str], at: &str) -> Cause {
        let asset = self.asset();
        let amount = |text: &str| asset.parse_amount(text).unwrap();
        let after = |word: &str| {
            let position = words.iter().position(|found| *found == word)?;
            Some(words[position + 1])
        };
        let day = |text: &str| Day::of_date(text).unwrap_or_else(|| panic!("{at}: no date {text}"));
        let on = after("on").map(day);
        Cause::Reported(match words[0] {
            "end" => Report::DayEnded { day: day(words[1]) },
            "allocate" => Report::FundAllocated {
                fund: self.fund(words[1], at),
                amount: amount(words[2]),
            },
            "wallet" => Report::WithdrawalRequested {
                wallet: self.wallet(words[1]),
                amount: amount(words[2]),
            },
            "verify" => Report::UserVerified {
                wallet: self.wallet(words[1]),
            },
            "taxid" => Report::TaxIdRecorded {
                wallet: self.wallet(words[1]),
            },
            "side" => Report::SideChosen {
                wallet: self.wallet(words[1]),
                side: match words[2] {
                    "left" => Some(Side::Left),
                    "right" => Some(Side::Right),
                    "any" => None,
                    other => panic!("{at}: left, right or any, not {other}"),
                },
            },
            "order" => Report::OrderPlaced {
                order_ref: keccak256(words[1]),
                wallet: self.wallet(words[2]),
                customer: after("for").map(keccak256),
                amount: amount(words[3]),
                volume: after("volume").map(amount),
                day: on.unwrap_or_else(|| panic!("{at}: on which date?")),
            },
            "return" => Report::OrderRefunded {
                order_ref: keccak256(words[1]),
                amount: amount(words[2]),
            },
            "finalize" => Report::PeriodFinalized {
                period: day(words[1]).month().get(),
            },
            "let-go" => Report::PeriodReleased {
                period: day(words[1]).month().get(),
            },
            "convert" => Report::ConversionReported {
                conversion_ref: keccak256(words[1]),
                wallet: self.wallet(words[2]),
                referee: match after("self") {
                    Some(name) => super::wallet_of(name).into_word(),
                    None => keccak256(words[3]),
                },
                amount: amount(words[words.len() - 3]),
                day: on.unwrap_or_else(|| panic!("{at}: on which date?")),
            },
            "unconvert" => Report::ConversionReversed {
                conversion_ref: keccak256(words[1]),
                amount: amount(words[2]),
            },
            "change" => Report::PlanChanged {
                plan_hash: self
                    .other
                    .as_ref()
                    .unwrap_or_else(|| panic!("{at}: to what?"))
                    .hash(),
            },
            other => panic!("{at}: unknown report {other}"),
        })
    }

    fn fund(&self, name: &str, at: &str) -> Fund {
        let found = self.book.plan().funds().find(|(_, known)| *known == name);
        found.unwrap_or_else(|| panic!("{at}: no fund {name}")).0
    }

    /// `! kind user number amount detail`, without what there is not.
    pub(super) fn component_text(&self, effect: &Effect) -> String {
        let Effect::Component(effect) = effect else {
            unreachable!("asked about components only");
        };
        let Some(row) = effect.row() else {
            return String::new();
        };
        let mut text = format!("! {}", row.kind);
        let mut add = |word: &dyn std::fmt::Display| text.push_str(&format!(" {word}"));
        if let Some(user) = row.user {
            add(&self.name(user));
        }
        if let Some(number) = row.number {
            add(&number);
        }
        if let Some(amount) = row.amount {
            add(&self.asset().display_amount(amount));
        }
        match row.detail {
            plan::effect::Detail::None => {}
            plan::effect::Detail::Word(word) => add(&word),
            plan::effect::Detail::Number(number) => add(&number),
            plan::effect::Detail::Amount(amount) => add(&self.asset().display_amount(amount)),
            plan::effect::Detail::Reward(reason, day) => {
                add(&reason.name());
                add(&day);
            }
            plan::effect::Detail::Missed(reason, cause) => {
                add(&reason.name());
                add(&cause.name());
            }
        }
        text
    }
}
