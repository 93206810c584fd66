//! Withholding policies and fees: a list of payments, read from its beginning for every question.

/// One version of a policy, amounts in base units.
#[derive(Clone, Debug)]
pub struct Rule {
    pub policy: String,
    /// Withheld from withdrawals instead of rewards.
    pub at_payout: bool,
    pub from_day: u32,
    pub rate_bps: u128,
    pub no_tax_id_rate_bps: u128,
    pub threshold: u128,
    pub only_above: bool,
    pub ceiling: Option<Ceiling>,
    pub year_starts_month: u32,
    /// Names of kinds; all without.
    pub kinds: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug)]
pub enum Ceiling {
    OfPayment(u128),
    OfYear(u128),
}

/// A payment as it stands in a book.
#[derive(Clone, Debug)]
pub struct Entry {
    pub user: u32,
    pub gross: u128,
    pub reversed: u128,
    pub taxes: Vec<Tax>,
}

#[derive(Clone, Debug)]
pub struct Tax {
    pub policy: String,
    pub year: u32,
    pub base: u128,
    pub amount: u128,
}

/// The book.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub rules: Vec<Rule>,
    pub entries: Vec<Entry>,
    pub with_tax_id: Vec<u32>,
}

impl Book {
    /// Writes a payment; the kind is that of a reward, or none for a withdrawal. Returns the tax per policy.
    pub fn pay(&mut self, user: u32, gross: u128, kind: Option<&str>, day: u32) -> Vec<(String, u128)> {
        let mut taxes: Vec<Tax> = Vec::new();
        let mut left = gross;
        for policy in self.policies() {
            let Some(rule) = self.rule_on(&policy, day) else {
                continue;
            };
            let matches = match kind {
                None => rule.at_payout,
                Some(kind) => {
                    let kinds = rule.kinds.as_ref();
                    !rule.at_payout && kinds.is_none_or(|kinds| kinds.iter().any(|name| name == kind))
                }
            };
            if !matches || gross == 0 {
                continue;
            }
            let year = financial_year(day, rule.year_starts_month);
            let (base, amount) = self.tax(rule, user, year, gross, left);
            left -= amount;
            taxes.push(Tax {
                policy,
                year,
                base,
                amount,
            });
        }
        let answer = taxes.iter().map(|tax| (tax.policy.clone(), tax.amount)).collect();
        self.entries.push(Entry {
            user,
            gross,
            reversed: 0,
            taxes,
        });
        answer
    }

    /// Reverses a part of the payment with this number, from 0. Returns what each policy gives back.
    pub fn reverse(&mut self, number: usize, part: u128) -> Vec<(String, u128)> {
        let entry = &mut self.entries[number];
        let before: Vec<u128> = entry.taxes.iter().map(|tax| gone(entry, tax.amount)).collect();
        entry.reversed = (entry.reversed + part).min(entry.gross);
        let given = entry
            .taxes
            .iter()
            .zip(before)
            .map(|(tax, before)| (tax.policy.clone(), gone(entry, tax.amount) - before));
        given.collect()
    }

    /// Sums of what stands: paid, taxed, withheld.
    pub fn year(&self, user: u32, policy: &str, year: u32) -> (u128, u128, u128) {
        let mut sums = (0, 0, 0);
        for entry in self.entries.iter().filter(|entry| entry.user == user) {
            for tax in &entry.taxes {
                if tax.policy == policy && tax.year == year {
                    sums.0 += entry.gross - entry.reversed;
                    sums.1 += tax.base - gone(entry, tax.base);
                    sums.2 += tax.amount - gone(entry, tax.amount);
                }
            }
        }
        sums
    }

    fn policies(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for rule in &self.rules {
            if !names.contains(&rule.policy) {
                names.push(rule.policy.clone());
            }
        }
        names
    }

    fn rule_on(&self, policy: &str, day: u32) -> Option<&Rule> {
        let of_policy = self.rules.iter().filter(|rule| rule.policy == policy);
        of_policy
            .filter(|rule| rule.from_day <= day)
            .max_by_key(|rule| rule.from_day)
    }

    /// What is taxed now, and the tax. Written as a search: the first unit of the base that cannot be taxed ends it.
    fn tax(&self, rule: &Rule, user: u32, year: u32, gross: u128, left: u128) -> (u128, u128) {
        let (paid, taxed, withheld) = self.year(user, &rule.policy, year);
        let paid = paid + gross;
        let should_be_taxed = match (paid > rule.threshold, rule.only_above) {
            (false, _) => 0,
            (true, false) => paid,
            (true, true) => paid - rule.threshold,
        };
        let base = should_be_taxed.saturating_sub(taxed);
        let rate = if self.with_tax_id.contains(&user) {
            rule.rate_bps
        } else {
            rule.no_tax_id_rate_bps
        };
        let full = base * rate / 10_000;
        let forgiven_above = match rule.ceiling {
            None => u128::MAX,
            Some(Ceiling::OfPayment(ceiling)) => ceiling,
            Some(Ceiling::OfYear(ceiling)) => ceiling.saturating_sub(withheld),
        };
        let due = full.min(forgiven_above);
        if due <= left {
            return (base, due);
        }
        // The payment is too small for its tax: as much is taxed as it can bear, the rest another time.
        let mut bearable = left * 10_000 / rate;
        while bearable * rate / 10_000 < left {
            bearable += 1;
        }
        (bearable, left)
    }
}

/// How much of a tax is given back for the part of the payment that was reversed.
fn gone(entry: &Entry, amount: u128) -> u128 {
    if entry.gross == 0 {
        return 0;
    }
    amount * entry.reversed / entry.gross
}

/// The year in which the financial year of a day starts: the calendar is walked month by month.
fn financial_year(day: u32, starts_month: u32) -> u32 {
    let (mut year, mut month, mut left) = (1970, 1, day);
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if left < days {
            return if month >= starts_month { year } else { year - 1 };
        }
        left -= days;
        month += 1;
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
}

/// A withdrawal: tax, fee and what is left.
pub fn withdrawal(gross: u128, tax: u128, fee_bps: u128) -> (u128, u128) {
    let fee = (gross - tax) * fee_bps / 10_000;
    (fee, gross - tax - fee)
}
