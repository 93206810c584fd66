//! A counterexample, entrant by entrant: who pays in, who is paid, which places nobody paid for, what is left.

use std::fmt::Write as _;

use money::{Amount, Asset};

use super::{Counterexample, plus};

/// What one entrant causes. Users are named by their number among the entrants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who enters, from 1.
    pub entrant: u32,
    /// What the entrant pays.
    pub paid_in: Amount,
    /// The entrant's own place, and the places that others are given because of it.
    pub placements: Vec<Placement>,
    /// What all entrants have paid by now.
    pub taken_in: Amount,
    /// What users have been paid, or are owed, by now.
    pub users: Amount,
    /// What the company has been paid, or is owed, by now.
    pub company: Amount,
}

/// Someone is put on a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Who.
    pub user: u32,
    /// In which tier, from 1.
    pub tier: u8,
    /// On which place, in level order from 0.
    pub index: u32,
    /// What the place costs.
    pub price: Amount,
    /// Whether anyone pays that.
    pub is_paid: bool,
    /// What it gives the ancestors, parent first.
    pub payments: Vec<Payment>,
    /// What it gives the company.
    pub company: Amount,
}

/// A share of a place's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// To whom.
    pub user: u32,
    /// Layers above the place, from 1.
    pub layer: u8,
    /// How much.
    pub amount: Amount,
}

impl Placement {
    /// What all ancestors get together.
    pub fn to_users(&self) -> Amount {
        let amounts = self.payments.iter().map(|payment| payment.amount);
        amounts.fold(Amount::ZERO, plus)
    }
}

impl Step {
    /// What users and company have been paid, or are owed, by now.
    pub fn owed(&self) -> Amount {
        plus(self.users, self.company)
    }

    /// What is left of all that came in.
    pub fn balance(&self) -> Amount {
        self.taken_in.saturating_sub(self.owed())
    }

    /// What is owed beyond all that came in.
    pub fn missing(&self) -> Amount {
        self.owed().saturating_sub(self.taken_in)
    }
}

impl Counterexample {
    /// The history in words, a few lines for each entrant.
    pub fn story(&self) -> String {
        let mut out = String::new();
        if let Some(first) = self.steps.first().filter(|first| first.entrant > 1) {
            let _ = writeln!(out, "(entrants 1 to {} omitted)", first.entrant.saturating_sub(1));
        }
        for step in &self.steps {
            tell(self.asset, step, &mut out);
        }
        let _ = match self.entrant {
            Some(entrant) => writeln!(
                out,
                "entrant {entrant} cannot be paid for: the plan owes more than it has ever received"
            ),
            None => writeln!(
                out,
                "nobody pays for that place: there is no shortfall yet only by chance"
            ),
        };
        out
    }
}

fn tell(asset: Asset, step: &Step, out: &mut String) {
    let units = |amount| asset.display_amount(amount);
    for placement in &step.placements {
        let Placement {
            user,
            tier,
            index,
            price,
            ..
        } = placement;
        let price = units(*price);
        let _ = if placement.is_paid {
            write!(
                out,
                "entrant {user} pays {price} {asset} for place {index} of tier {tier}: "
            )
        } else {
            write!(
                out,
                "  entrant {user} has two children and gets place {index} of tier {tier}; nobody pays its {price}: "
            )
        };
        let mut shares: Vec<String> = placement
            .payments
            .iter()
            .map(|payment| format!("{} to entrant {}", units(payment.amount), payment.user))
            .collect();
        if !placement.company.is_zero() {
            shares.push(format!("{} to the company", units(placement.company)));
        }
        if shares.is_empty() {
            shares.push("no upline, nothing is paid".to_owned());
        }
        let _ = writeln!(out, "{}", shares.join(", "));
    }
    let (taken_in, users, company) = (units(step.taken_in), units(step.users), units(step.company));
    let rest = if step.missing().is_zero() {
        format!("balance {}", units(step.balance()))
    } else {
        format!("short by {}", units(step.missing()))
    };
    let _ = writeln!(
        out,
        "  in {taken_in}, to users {users}, to the company {company}: {rest}"
    );
}
