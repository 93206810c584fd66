//! What components of the plan changed, effect by effect, and what each says besides user, number and amount.

use plan::ComponentEffect;
use plan::effect::Detail;

use super::Recount;
use crate::books::{AccrualRow, ComponentEffectRow};

impl Recount {
    /// Writes an effect down behind those of the same fact.
    pub(super) fn take_component(&mut self, fact_seq: u64, effect: &ComponentEffect) {
        let of_fact = (fact_seq, 0)..=(fact_seq, u32::MAX);
        let last = self.books.component_effects.range(of_fact).next_back();
        let position = last.map_or(0, |((_, position), _)| position.saturating_add(1));
        if let ComponentEffect::Accrued {
            subscription,
            user,
            amount,
            reward,
        } = *effect
        {
            if fact_seq > self.books.funded_after {
                let row = AccrualRow {
                    subscription,
                    user: user.get(),
                    amount,
                    reward: reward.map(plan::RewardId::get),
                };
                let of_fact = (fact_seq, 0)..=(fact_seq, u32::MAX);
                let last = self.books.accruals.range(of_fact).next_back();
                let position = last.map_or(0, |((_, position), _)| position.saturating_add(1));
                self.books.accruals.insert((fact_seq, position), row);
            }
            return;
        }
        if let ComponentEffect::Recorded(record) = effect {
            if fact_seq > self.books.recorded_after {
                self.take_record(fact_seq, record);
            }
            return;
        }
        let Some(row) = effect.row() else { return };
        let row = ComponentEffectRow {
            kind: row.kind.to_owned(),
            user: row.user.map(ledger::UserId::get),
            number: row.number,
            amount: row.amount,
            detail: text(row.detail),
        };
        self.books.component_effects.insert((fact_seq, position), row);
    }
}

/// The JSON of a detail, its keys in order. Nothing in it has to be escaped: words are stable names.
fn text(detail: Detail) -> Option<String> {
    let text = match detail {
        Detail::None => return None,
        Detail::Word(word) => format!(r#"{{"word":"{word}"}}"#),
        Detail::Number(number) => format!(r#"{{"number":{number}}}"#),
        Detail::Amount(amount) => format!(r#"{{"amount":"{amount}"}}"#),
        Detail::Reward(reason, day) => {
            let (code, rule) = (reason.code(), reason.name());
            format!(r#"{{"available_at":"{day}","reason":{code},"rule":"{rule}"}}"#)
        }
        Detail::Missed(reason, cause) => {
            let (code, rule, cause) = (reason.code(), reason.name(), cause.name());
            format!(r#"{{"cause":"{cause}","reason":{code},"rule":"{rule}"}}"#)
        }
    };
    Some(text)
}
