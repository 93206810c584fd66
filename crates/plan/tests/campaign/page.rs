//! Executes the blocks of the page about campaigns.

use money::{Amount, Asset};
use plan::campaign::{
    Campaign, CampaignTerms, Conversion, ConversionId, Decision, RefereeKey, Reversal, Standing,
};
use plan::{Day, UserId};

use crate::table;

const ASSET: Asset = Asset::Usdt;

/// What a `toml` block starts.
struct Example {
    terms: CampaignTerms,
    state: Campaign,
    fund: Amount,
}

/// Every block does what it says.
pub(crate) fn check(page: &str) {
    let mut example = None;
    let mut executed = 0;
    for (kind, body) in blocks(page) {
        match kind {
            "toml" => {
                example = Some(Example {
                    terms: CampaignTerms::check(&table(body), ASSET).unwrap(),
                    state: Campaign::default(),
                    fund: Amount::ZERO,
                });
            }
            "campaign" => {
                for line in body.lines() {
                    let (step, expected) = line.split_once("->").unwrap_or((line, ""));
                    assert_eq!(example.as_mut().unwrap().step(step), expected.trim(), "{line}");
                    executed += 1;
                }
            }
            other => panic!("a block of {other:?}"),
        }
    }
    assert!(executed > 40, "{executed} lines were executed");
}

/// The fenced blocks: what stands behind the fence, and the lines.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = page.split("```").collect();
    assert!(parts.len() % 2 == 1, "a fence is open");
    let inside = parts.into_iter().skip(1).step_by(2);
    inside.map(|part| part.split_once('\n').unwrap()).collect()
}

impl Example {
    fn step(&mut self, step: &str) -> String {
        let words: Vec<&str> = step.split_whitespace().collect();
        let mut out = Vec::new();
        match words[..] {
            ["fund", more] => self.fund = self.fund.checked_add(amount(more)).unwrap(),
            ["left"] => return text(self.fund),
            ["board"] => {
                let lines = self.state.leaderboard(10);
                return joined(lines.iter().map(
                    |Standing {
                         position,
                         user,
                         conversions,
                     }| { format!("{position} {} {conversions}", letter(*user)) },
                ));
            }
            ["position", of] => {
                let position = self.state.position(user(of).unwrap());
                return position.map_or("none".into(), |position| position.to_string());
            }
            ["end", day] => self.state.end_day(Day::of_date(day).unwrap(), &mut out),
            ["reverse", number, part] => {
                let id = ConversionId::new(number.parse().unwrap()).unwrap();
                let part = match part {
                    "whole" => Reversal::Whole,
                    part => Reversal::Part(amount(part)),
                };
                self.state.reverse(&self.terms, id, part, &mut out);
            }
            [day, referrer, "refers", referee, paid] => {
                let conversion = Conversion {
                    id: self.state.next_id().expect("an id is left"),
                    referrer: user(referrer).unwrap(),
                    referee: RefereeKey(u64::from(referee.as_bytes()[0])),
                    referee_user: user(referee),
                    amount: amount(paid),
                    day: Day::of_date(day).unwrap(),
                };
                self.state.report(&self.terms, &conversion, self.fund, &mut out);
            }
            _ => panic!("{step}"),
        }
        joined(out.iter().map(|decision| self.show(decision)))
    }

    /// The decision as on the page; the fund pays and takes back.
    fn show(&mut self, decision: &Decision) -> String {
        let name = |place: u8| &self.terms.achievements()[usize::from(place)].name;
        match decision {
            Decision::Granted {
                user,
                amount,
                available_at,
                ..
            } => {
                self.fund = self.fund.checked_sub(*amount).unwrap();
                format!("{} {} until {available_at}", letter(*user), text(*amount))
            }
            Decision::NotGranted {
                user, amount, cause, ..
            } => {
                format!("{} not {} {}", letter(*user), text(*amount), cause.name())
            }
            Decision::Matured {
                user,
                amount,
                conversion,
            } => {
                format!("{} has {} of {}", letter(*user), text(*amount), conversion.get())
            }
            Decision::Reversed {
                user,
                amount,
                matured: false,
                ..
            } => {
                self.fund = self.fund.checked_add(*amount).unwrap();
                format!("{} back {}", letter(*user), text(*amount))
            }
            Decision::Reversed {
                user,
                amount,
                matured: true,
                ..
            } => {
                format!("{} owes {}", letter(*user), text(*amount))
            }
            Decision::Achieved {
                user,
                achievement,
                is_first,
            } => {
                let word = if *is_first { "achieved" } else { "again" };
                format!("{} {word} {}", letter(*user), name(*achievement))
            }
            Decision::AchievementLost { user, achievement } => {
                format!("{} lost {}", letter(*user), name(*achievement))
            }
            Decision::Ignored { cause, .. } => format!("ignored {}", cause.name()),
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Users are upper-case letters; a person without an account is a lower-case one.
fn user(word: &str) -> Option<UserId> {
    UserId::new(u32::from(word.as_bytes()[0]).checked_sub(64)?).filter(|user| user.get() <= 26)
}

fn letter(user: UserId) -> char {
    char::from_u32(user.get() + 64).unwrap()
}

fn amount(text: &str) -> Amount {
    ASSET.parse_amount(text).unwrap()
}

fn text(amount: Amount) -> String {
    ASSET.display_amount(amount)
}
