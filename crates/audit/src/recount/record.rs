//! What components keep of users: tax by payment, pairs, and what a user has by now.

use plan::binary::Side;
use plan::effect::{Record, TaxEntry};

use super::Recount;
use crate::books::{PairRow, WithholdingRow};

impl Recount {
    pub(super) fn take_record(&mut self, fact_seq: u64, record: &Record) {
        match record {
            Record::Taxed(entry) => self.take_tax(fact_seq, entry, false),
            Record::TaxReturned(entry) => self.take_tax(fact_seq, entry, true),
            Record::TaxIdKnown { user } => {
                self.books.members.entry(user.get()).or_default().has_tax_id = true;
            }
            Record::SideChosen { user, side } => {
                let member = self.books.members.entry(user.get()).or_default();
                member.side = side.map(|side| match side {
                    Side::Left => "left".to_owned(),
                    Side::Right => "right".to_owned(),
                });
            }
            Record::LotsChanged { user, lots } => {
                self.books.members.entry(user.get()).or_default().lots = *lots;
            }
            Record::BookingPaid { user, paid } => {
                self.books.members.entry(user.get()).or_default().paid = *paid;
            }
            Record::PairPaid(pair) => {
                let row = PairRow {
                    user: pair.user.get(),
                    fact_seq,
                    amount: pair.amount,
                    withheld: pair.withheld,
                    instalment: pair.instalment,
                    returned_fact: None,
                };
                self.books.pairs.insert(pair.reward.get(), row);
            }
            Record::PairReturned { reward, .. } => {
                if let Some(pair) = self.books.pairs.get_mut(&reward.get()) {
                    pair.returned_fact = Some(fact_seq);
                }
            }
        }
    }

    fn take_tax(&mut self, fact_seq: u64, entry: &TaxEntry, is_returned: bool) {
        let of_fact = (fact_seq, 0)..=(fact_seq, u32::MAX);
        let last = self.books.withholdings.range(of_fact).next_back();
        let position = last.map_or(0, |((_, position), _)| position.saturating_add(1));
        let row = WithholdingRow {
            user: entry.user.get(),
            policy: u32::from(entry.policy),
            financial_year: entry.year.get(),
            gross: entry.gross,
            base: entry.base,
            amount: entry.amount,
            is_returned,
        };
        self.books.withholdings.insert((fact_seq, position), row);
    }
}
