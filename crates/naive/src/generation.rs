//! Generation income, written for being obvious: the line of sponsors as a list, and each generation offered to it from
//! the front. Causes are the ledger's names for breakage.

/// What the walk needs to know about a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Index of who brought the user in.
    pub sponsor: Option<usize>,
    pub directs: u32,
    pub active: bool,
    pub refunded: bool,
    pub invested: u128,
    pub earned: u128,
}

/// What a plan file says about generations.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Rate in basis points and directs needed, for each generation.
    pub generations: Vec<(u16, u32)>,
    /// `physical`, `compressed` or `active_only`.
    pub mode: &'static str,
    /// Multiple of what a user paid in that the user may earn.
    pub cap: Option<u128>,
}

/// A part of what generations take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub generation: usize,
    /// Index of the user, and distance above the purchaser.
    pub upline: Option<(usize, usize)>,
    pub amount: u128,
    /// Why it is not paid.
    pub cause: Option<&'static str>,
}

/// All sponsors above a user, nearest first, each with its distance.
pub fn line_of(users: &[User], of: usize) -> Vec<(usize, usize)> {
    let mut line = Vec::new();
    let mut user = of;
    while let Some(sponsor) = users[user].sponsor {
        line.push((sponsor, line.len() + 1));
        user = sponsor;
    }
    line
}

/// What a user may still earn.
pub fn room(terms: &Terms, user: &User) -> u128 {
    match terms.cap {
        None => u128::MAX,
        Some(multiple) => (multiple * user.invested).saturating_sub(user.earned),
    }
}

/// Why a user does not get a generation.
fn refusal(terms: &Terms, user: &User, directs: u32) -> Option<&'static str> {
    let is_inactive = match terms.mode {
        "active_only" => !user.active,
        _ => terms.cap.is_some() && user.invested == 0,
    };
    if user.refunded {
        Some("refunded")
    } else if is_inactive {
        Some("inactive")
    } else if user.directs < directs {
        Some("unqualified")
    } else {
        None
    }
}

/// Distributes a purchase among the uplines of `purchaser`, and counts what they earn.
pub fn distribute(terms: &Terms, amount: u128, purchaser: usize, users: &mut [User]) -> Vec<Line> {
    let mut line = line_of(users, purchaser);
    let mut lines = Vec::new();
    for (number, (rate, directs)) in terms.generations.iter().enumerate() {
        let share = amount / 10_000 * u128::from(*rate) + amount % 10_000 * u128::from(*rate) / 10_000;
        // In two of the modes some never come to the front.
        while let Some((front, _)) = line.first() {
            let cause = refusal(terms, &users[*front], *directs);
            let is_passed = match terms.mode {
                "compressed" => cause.is_some(),
                "active_only" => cause == Some("inactive") || cause == Some("refunded"),
                _ => false,
            };
            if !is_passed {
                break;
            }
            line.remove(0);
        }
        let upline = (!line.is_empty()).then(|| line.remove(0));
        let mut push = |amount, cause| {
            if amount > 0 {
                lines.push(Line {
                    generation: number + 1,
                    upline,
                    amount,
                    cause,
                });
            }
        };
        let Some((index, _)) = upline else {
            push(share, Some("no_upline"));
            continue;
        };
        if let Some(cause) = refusal(terms, &users[index], *directs) {
            push(share, Some(cause));
            continue;
        }
        let paid = share.min(room(terms, &users[index]));
        users[index].earned += paid;
        push(paid, None);
        push(share - paid, Some("capped"));
    }
    lines
}
