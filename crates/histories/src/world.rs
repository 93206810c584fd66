//! [`World`]: steps in the words of the outside, driven by what the book says so far.

use crate::steps::Step;
use crate::variants::Variant;
use alloy_primitives::{Address, B256, U256};
use ledger::{Account, AccountKind, Leg, Phase};
use money::Amount;
use plan::report::Side;
use plan::{Book, Cause, CompiledPlan, Day, Intake, Outcome, Report};

const DAY_SECONDS: u64 = 86_400;

/// Chain, shops and operators of a history.
#[derive(Clone, Debug)]
pub struct World {
    variant: Variant,
    /// What the history did so far.
    pub book: Book,
    /// The plan, and another version that can follow it.
    pub versions: [CompiledPlan; 2],
    /// The day that is now.
    pub today: u32,
    /// Of everyone who registered, in order.
    pub wallets: Vec<Address>,
    /// Every payment, in order.
    pub deposits: Vec<Sent>,
    orders: Vec<(B256, u128)>,
    conversions: Vec<(B256, u128)>,
    /// What belongs to the operator.
    treasury: u128,
}

/// A payment into escrow.
#[derive(Clone, Debug)]
pub struct Sent {
    reference: B256,
    wallet: Address,
    amount: Amount,
    day: u32,
    is_open: bool,
}

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(variant: &Variant) -> Self {
        let versions = variant.plans();
        Self {
            variant: variant.clone(),
            book: Book::new(versions[0].clone()).with_versions(versions.to_vec()),
            versions,
            today: Day::of_date("2026-12-02").unwrap().get(),
            wallets: Vec::new(),
            deposits: Vec::new(),
            orders: Vec::new(),
            conversions: Vec::new(),
            treasury: 0,
        }
    }

    /// Applies a cause and says what it did.
    pub fn apply(&mut self, cause: &Cause) -> Outcome {
        let mut out = Outcome::explained();
        self.book.apply(cause, &mut out);
        let moves = |leg: &&Leg| matches!(leg.movement.phase(), Phase::Single | Phase::Post);
        for leg in out.legs.iter().filter(moves) {
            let amount = leg.amount.base_units();
            if is_treasury(leg.credit) {
                self.treasury = self.treasury.saturating_add(amount);
            }
            if is_treasury(leg.debit) {
                self.treasury = self.treasury.saturating_sub(amount);
            }
        }
        out
    }

    /// The calendar begins before anything happens, mostly.
    pub fn beginning(&self) -> Cause {
        let day = Day::new(self.today - 1);
        match self.variant.bits & (1 << 30) {
            0 => Cause::Reported(Report::DayEnded { day }),
            _ => Cause::Noted,
        }
    }

    /// What happens when someone wants this.
    pub fn causes(&mut self, step: &Step) -> Vec<Cause> {
        let Step::Pass { days, order } = *step else {
            return vec![self.cause(step)];
        };
        self.today += days;
        let ended = Cause::Reported(Report::DayEnded {
            day: Day::new(self.today - 1),
        });
        match order {
            0 | 1 => vec![self.matured(), ended],
            2 | 3 => vec![ended, self.matured()],
            4 => vec![ended],
            _ => vec![self.matured()],
        }
    }

    fn cause(&mut self, step: &Step) -> Cause {
        match *step {
            Step::Register {
                sponsor,
                amount,
                days,
            } => {
                let amount = self.payment(amount);
                Cause::Registered(self.newcomer(sponsor, amount, days))
            }
            Step::Pay { user, amount, days } => {
                let (wallet, amount) = (self.wallet(user), self.payment(amount));
                Cause::RetoppedUp(self.intake(wallet, None, amount, days))
            }
            Step::Refund { deposit } => match self.deposits.len() {
                0 => Cause::Noted,
                count => {
                    // Recent ones, because old ones are matured.
                    let place = count - 1 - (deposit % count.min(12));
                    self.refund(place)
                }
            },
            Step::Pass { .. } => self.matured(),
            Step::Fund { amount } => Cause::Funded {
                from: Address::ZERO,
                amount: Amount::new(u128::from(amount)),
            },
            Step::Correct { user, percent } => {
                let wallet = self.wallet(user);
                let amount = self.book.entitled(wallet).base_units().saturating_mul(percent) / 300;
                Cause::Corrected {
                    wallet,
                    amount: Amount::new(amount),
                }
            }
            Step::Claim { user, percent } => {
                let wallet = self.known(user);
                let available = self.user(wallet, |book, user| book.state().payments(user).available);
                Cause::Claimed {
                    wallet,
                    root: B256::ZERO,
                    entitled: self.book.entitled(wallet),
                    amount: Amount::new(available.saturating_mul(percent) / 100),
                }
            }
            Step::Treasury { percent } => Cause::TreasuryPaid {
                to: Address::ZERO,
                amount: Amount::new(self.treasury.saturating_mul(percent) / 100),
            },
            Step::Extreme {
                which,
                user,
                amount,
                number,
            } => self.extreme(which, user, Amount::new(amount), number),
            _ => Cause::Reported(self.report(step)),
        }
    }

    fn report(&mut self, step: &Step) -> Report {
        match *step {
            Step::EndOddly { day } => Report::DayEnded {
                // Never one that would end the history by leaving no day behind it.
                day: Day::new(if day == 0 {
                    0
                } else {
                    self.today + 400 + day % 1_000_000
                }),
            },
            Step::Allocate { fund, percent } => {
                let free = self.book.state().fund(ledger::Fund::UNALLOCATED).base_units();
                Report::FundAllocated {
                    fund: ledger::Fund::new(fund),
                    amount: Amount::new(free.saturating_mul(percent) / 100),
                }
            }
            Step::Withdraw { user, percent } => {
                let wallet = self.wallet(user);
                let balance = self.user(wallet, |book, user| book.state().wallet(user));
                Report::WithdrawalRequested {
                    wallet,
                    amount: Amount::new(balance.saturating_mul(percent) / 100),
                }
            }
            Step::Know { user, which } => {
                let wallet = self.wallet(user);
                match which {
                    0 => Report::UserVerified { wallet },
                    1 => Report::TaxIdRecorded { wallet },
                    2 => Report::SideChosen { wallet, side: None },
                    3 => Report::SideChosen {
                        wallet,
                        side: Some(Side::Left),
                    },
                    _ => Report::SideChosen {
                        wallet,
                        side: Some(Side::Right),
                    },
                }
            }
            Step::Change { version } => Report::PlanChanged {
                plan_hash: self.versions.get(version).map_or(B256::ZERO, CompiledPlan::hash),
            },
            _ => self.sale(step),
        }
    }

    /// What a shop, a commission period or a campaign reports.
    fn sale(&mut self, step: &Step) -> Report {
        match *step {
            Step::Order {
                user,
                customer,
                amount,
                days,
            } => {
                let order_ref = word(0x0d, self.orders.len());
                let amount = self.payment(amount);
                self.orders.push((order_ref, amount.base_units()));
                Report::OrderPlaced {
                    order_ref,
                    wallet: self.wallet(user),
                    customer: (customer != 0).then(|| word(0xcc, usize::from(customer))),
                    amount,
                    // One customer in nine buys goods that bring less volume.
                    volume: (customer == 8).then(|| Amount::new(amount.base_units() / 4)),
                    day: Day::new(self.today + 3 - days),
                }
            }
            Step::Return { order, percent } => {
                let (order_ref, amount) = pick(&self.orders, order, word(0x0d, 9_999));
                Report::OrderRefunded {
                    order_ref,
                    amount: Amount::new(amount.saturating_mul(percent) / 100),
                }
            }
            Step::Period { back, release } => {
                let day = Day::new(self.today - 1);
                let week = self.variant.bits & 1 != 0;
                let period = if week { day.week().get() } else { day.month().get() } - back;
                match release {
                    true => Report::PeriodReleased { period },
                    false => Report::PeriodFinalized { period },
                }
            }
            Step::Convert {
                user,
                referee,
                amount,
            } => self.convert(user, referee, u128::from(amount)),
            Step::Unconvert { conversion, percent } => {
                let (conversion_ref, amount) = pick(&self.conversions, conversion, word(0xc0, 9_999));
                Report::ConversionReversed {
                    conversion_ref,
                    amount: Amount::new(amount.saturating_mul(percent) / 100),
                }
            }
            _ => unreachable!("{step:?} is no sale"),
        }
    }

    fn convert(&mut self, user: usize, referee: u8, amount: u128) -> Report {
        let conversion_ref = word(0xc0, self.conversions.len());
        self.conversions.push((conversion_ref, amount));
        let referee = match usize::from(referee) {
            number @ 0..3 => self.wallet(number + 1).into_word(),
            number => word(0xee, number),
        };
        Report::ConversionReported {
            conversion_ref,
            wallet: self.wallet(user),
            referee,
            amount: Amount::new(amount),
            day: Day::new(self.today),
        }
    }

    fn extreme(&mut self, which: u8, user: usize, amount: Amount, number: u32) -> Cause {
        let (wallet, day) = (self.wallet(user), Day::new(number));
        let order_ref = word(0x0d, user % 50);
        let conversion_ref = word(0xc0, user % 50);
        Cause::Reported(match which % 16 {
            0 => {
                let intake = self.newcomer(user, amount, 0);
                return Cause::Registered(Intake {
                    refundable_until: u64::from(number) * DAY_SECONDS,
                    ..intake
                });
            }
            1 => {
                let intake = self.intake(wallet, None, amount, 0);
                return Cause::RetoppedUp(Intake {
                    refundable_until: u64::MAX - u64::from(number),
                    ..intake
                });
            }
            2 => {
                return Cause::EscrowMatured {
                    through_day: number,
                    amount,
                };
            }
            3 => return Cause::Corrected { wallet, amount },
            4 => Report::DayEnded { day },
            5 => Report::FundAllocated {
                fund: ledger::Fund::new(number.to_be_bytes()[3]),
                amount,
            },
            6 => Report::WithdrawalRequested { wallet, amount },
            7 | 8 => Report::OrderPlaced {
                order_ref: word(0x1d, self.orders.len() + user),
                wallet,
                customer: (which > 127).then(|| word(0xcc, user)),
                amount,
                volume: None,
                day,
            },
            9 => Report::OrderRefunded { order_ref, amount },
            10 => Report::PeriodFinalized { period: number },
            11 => Report::PeriodReleased { period: number },
            12 | 13 => Report::ConversionReported {
                conversion_ref: word(0x2d, user),
                wallet,
                referee: word(0xee, user),
                amount,
                day,
            },
            14 => Report::ConversionReversed {
                conversion_ref,
                amount,
            },
            _ => {
                return match self.deposits.len() {
                    0 => Cause::Noted,
                    count => self.refund(user % count),
                };
            }
        })
    }

    /// A payment by someone new.
    pub fn newcomer(&mut self, sponsor: usize, amount: Amount, days: u32) -> Intake {
        let wallet = Address::from_word(word(0, self.wallets.len() + 1));
        let sponsor = (!self.wallets.is_empty()).then(|| self.wallet(sponsor % (self.wallets.len() / 2 + 1)));
        self.wallets.push(wallet);
        self.intake(wallet, sponsor, amount, days)
    }

    /// A payment, with a reference of its own.
    pub fn intake(&mut self, wallet: Address, sponsor: Option<Address>, amount: Amount, days: u32) -> Intake {
        let reference = word(0xde, self.deposits.len() + 1);
        let day = self.today + 1 + days;
        self.deposits.push(Sent {
            reference,
            wallet,
            amount,
            day,
            is_open: true,
        });
        Intake {
            deposit_ref: reference,
            wallet,
            sponsor,
            amount,
            refundable_until: u64::from(day) * DAY_SECONDS + 7,
            plan_hash: self.book.plan().hash(),
            disclosure_hash: B256::ZERO,
        }
    }

    /// Any deposit, also one that is refunded or matured already.
    pub fn refund(&mut self, place: usize) -> Cause {
        let sent = &mut self.deposits[place];
        sent.is_open = false;
        Cause::Refunded {
            deposit_ref: sent.reference,
            wallet: sent.wallet,
            to: sent.wallet,
            amount: sent.amount,
        }
    }

    fn matured(&mut self) -> Cause {
        let mut amount = Amount::ZERO;
        for sent in &mut self.deposits {
            if sent.is_open && sent.day < self.today {
                sent.is_open = false;
                amount = amount.checked_add(sent.amount).unwrap_or(Amount::ZERO);
            }
        }
        Cause::EscrowMatured {
            through_day: self.today - 1,
            amount,
        }
    }

    /// An amount that payments of the plan like, or one that they do not.
    pub fn payment(&self, pick: usize) -> Amount {
        let amounts = self.variant.payments();
        // The first ones are liked best.
        let index = if pick.is_multiple_of(3) {
            pick / 3 % amounts.len()
        } else {
            pick % 3
        };
        self.book
            .plan()
            .asset()
            .parse_amount(amounts[index % amounts.len()])
            .unwrap()
    }

    fn user(&self, wallet: Address, ask: impl FnOnce(&Book, plan::UserId) -> Amount) -> u128 {
        self.book
            .user_of(wallet)
            .map_or(0, |user| ask(&self.book, user).base_units())
    }

    /// Someone, or a stranger while nobody has registered; sometimes a stranger anyway.
    pub fn wallet(&self, pick: usize) -> Address {
        if pick % 50 == 49 || self.wallets.is_empty() {
            return Address::repeat_byte(0xaa);
        }
        self.wallets[pick % self.wallets.len()]
    }

    /// Someone who has registered.
    fn known(&self, pick: usize) -> Address {
        match self.wallets.len() {
            0 => Address::repeat_byte(0xaa),
            count => self.wallets[pick % count],
        }
    }
}

/// Whether operators may take out what is in an account.
fn is_treasury(account: Account) -> bool {
    matches!(
        account.kind(),
        AccountKind::Company | AccountKind::Breakage | AccountKind::Residual
    )
}

fn word(kind: u8, number: usize) -> B256 {
    let mut word = B256::from(U256::from(number));
    word[0] = kind;
    word
}

fn pick<T: Copy + Default>(list: &[(B256, T)], place: usize, unknown: B256) -> (B256, T) {
    match list.len() {
        0 => (unknown, T::default()),
        count => list[count - 1 - place % count],
    }
}
