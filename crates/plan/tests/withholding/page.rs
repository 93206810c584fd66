//! Executes the blocks of the page about withholding.

use ledger::Reason;
use money::{Amount, Asset};
use plan::withdrawal::{Request, WithdrawalTerms};
use plan::withholding::{Occasion, Payment, Withheld, Withholding, WithholdingTerms};
use plan::{Day, UserId};

use crate::{Tables, tables};

const ASSET: Asset = Asset::Inr;

/// What a `toml` block starts.
#[derive(Default)]
struct Example {
    policies: WithholdingTerms,
    withdrawal: WithdrawalTerms,
    state: Withholding,
    lines: Vec<Option<Withheld>>,
}

/// Every block does what it says.
pub(crate) fn check(page: &str) {
    let mut example = Example::default();
    let mut executed = 0;
    for (kind, body) in blocks(page) {
        match kind {
            "toml" => example = Example::of(&tables(body)),
            "payments" => {
                for line in body.lines() {
                    let (step, expected) = line.split_once("->").unwrap_or((line, ""));
                    assert_eq!(example.step(step), expected.trim(), "{line}");
                    executed += 1;
                }
            }
            other => panic!("a block of {other:?}"),
        }
    }
    assert!(executed > 30, "{executed} lines were executed");
}

/// The fenced blocks: what stands behind the fence, and the lines.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = page.split("```").collect();
    assert!(parts.len() % 2 == 1, "a fence is open");
    let inside = parts.into_iter().skip(1).step_by(2);
    inside.map(|part| part.split_once('\n').unwrap()).collect()
}

impl Example {
    fn of(tables: &Tables) -> Self {
        let withdrawal = tables.withdrawal.as_ref();
        Self {
            policies: WithholdingTerms::check(&tables.withholding, ASSET).unwrap(),
            withdrawal: withdrawal.map_or_else(WithdrawalTerms::default, |table| {
                WithdrawalTerms::check(table, ASSET).unwrap()
            }),
            ..Self::default()
        }
    }

    fn step(&mut self, step: &str) -> String {
        let words: Vec<&str> = step.split_whitespace().collect();
        let day = Day::of_date(words[0]).unwrap();
        let user = UserId::new(u32::from(words[1].as_bytes()[0] - b'A' + 1)).unwrap();
        // So that the lines of a block are counted.
        self.lines.push(None);
        match words[2..] {
            ["tax-id"] => {
                self.state.learn_tax_id(user);
                String::new()
            }
            ["withdraw", gross, "of", wallet] => self.withdraw(Request {
                user,
                gross: amount(gross),
                wallet: amount(wallet),
                day,
            }),
            ["reverse", number, part] => {
                let number: usize = number.parse().unwrap();
                let withheld = self.lines[number - 1].as_mut().unwrap();
                assert_eq!(withheld.user(), user);
                text(self.state.give_back(withheld, amount(part)).total())
            }
            [kind, gross] => self.credit(Payment {
                user,
                gross: amount(gross),
                occasion: Occasion::Credit(reason(kind)),
                day,
            }),
            _ => panic!("{step}"),
        }
    }

    fn credit(&mut self, payment: Payment) -> String {
        let preview = self.state.preview(&self.policies, &payment);
        let withheld = self.state.withhold(&self.policies, &payment);
        assert_eq!(withheld, preview);
        assert_eq!(withheld.net().checked_add(withheld.total()), Ok(payment.gross));
        *self.lines.last_mut().unwrap() = Some(withheld);
        text(withheld.total())
    }

    fn withdraw(&mut self, request: Request) -> String {
        let before = self.state.clone();
        match self
            .withdrawal
            .withdraw(&self.policies, &mut self.state, &request)
        {
            Ok((_, quote)) => [quote.withheld, quote.fee, quote.net].map(text).join(" + "),
            Err(refused) => {
                assert_eq!(self.state, before, "a refusal changes nothing");
                refused.code().to_owned()
            }
        }
    }
}

fn reason(kind: &str) -> Reason {
    match kind {
        "bonus" => Reason::Bonus,
        "pair" => Reason::Pair,
        _ => panic!("{kind}"),
    }
}

fn amount(text: &str) -> Amount {
    ASSET.parse_amount(text).unwrap()
}

fn text(amount: Amount) -> String {
    ASSET.display_amount(amount)
}
