//! What one person gets back of orders and bookings by making them under several names: rewards that are computed at the end
//! of a week, a month or a period go to names above the one that paid.

use ledger::UserId;
use money::{Amount, Asset};

use super::{Bounds, Played, WIDTHS, parent, rebate_finding, shape, sum};
use plan::compiled::{CompiledPlan, IntakeRule};
use plan::fact::ComponentFact;
use plan::{Day, Fact, Outcome, State};
use plan_file::{Finding, percent};

/// An order of the last name is this many times as large as the others.
const LAST_ORDERS: [u128; 4] = [1, 10, 100, 1_000];
/// Maximum number of days that a fact ends.
const YEAR: u32 = 366;

/// How a person's names buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    names: u32,
    width: u32,
    /// What each name except the last pays.
    each: Amount,
    last: Amount,
    /// Outsiders below the last name, who pay like a name.
    outsiders: u32,
    /// Invented customers of each name, who buy for one unit each; the first of the last name buys what the last name else would.
    customers: u32,
}

/// Searches every form with up to `bounds.identities_max` names. `None` for plans whose payments buy no goods, and where a name
/// cannot buy what is requested.
pub(super) fn rebate(plan: &CompiledPlan, bounds: Bounds) -> Option<Finding> {
    let mut best: Option<(Form, Played, Played)> = None;
    let mut forms = 0u128;
    let customers = plan.orders().map_or(0, |terms| terms.customers_to_be_paid());
    for (each, last, outsiders) in purchases(plan, bounds)? {
        let of = |names, width| Form {
            customers,
            names,
            width,
            each,
            last,
            outsiders,
        };
        let one = play(plan, of(1, 1))?;
        for names in 2..=bounds.identities_max {
            for width in WIDTHS {
                let form = of(names, width);
                let Some(result) = play(plan, form) else { continue };
                forms = forms.saturating_add(1);
                let is_better =
                    best.is_none_or(|(_, best, honest)| gain_bps(result, one) > gain_bps(best, honest));
                if is_better {
                    best = Some((form, result, one));
                }
            }
        }
    }
    best.map(|best| finding(plan.asset(), best, forms))
}

/// What the names may buy: what each pays, what the last pays, and outsiders.
fn purchases(plan: &CompiledPlan, bounds: Bounds) -> Option<Vec<(Amount, Amount, u32)>> {
    let components = plan.components();
    match plan.intake() {
        IntakeRule::Order => {
            let unit = plan.asset().parse_amount("1").ok()?;
            let each = components.orders.as_ref()?.order_to_be_paid()?.max(unit);
            let last = LAST_ORDERS
                .into_iter()
                .filter_map(|times| each.checked_mul(times).ok());
            Some(last.map(|last| (each, last, 0)).collect())
        }
        IntakeRule::Booking => {
            let terms = components.binary.as_ref()?;
            let each = terms.counts_at().max(terms.first_payment_min());
            let of = |outsiders| [each, terms.price()].map(|last| (each, last, outsiders));
            Some([of(0), of(bounds.brought)].concat())
        }
        IntakeRule::AutoPool | IntakeRule::Subscription | IntakeRule::Joining { .. } => None,
    }
}

/// What names bring more than one name, as a share of what they pay; more than all of it where others pay into the fund. Sums of
/// some hundred prices of 96 bits, so nothing overflows.
fn gain_bps(result: Played, one: Played) -> u128 {
    let gain = result.returned.saturating_sub(one.returned);
    let scaled = gain.base_units().saturating_mul(10_000);
    scaled.checked_div(result.paid.base_units()).unwrap_or(0)
}

fn finding(asset: Asset, (form, result, one): (Form, Played, Played), forms: u128) -> Finding {
    let share_bps = gain_bps(result, one);
    let units = |amount| asset.display_amount(amount);
    let shape = shape(form.width);
    let (each, last) = (units(form.each), units(form.last));
    let purchases = match form.customers {
        0 => format!("{each} {asset} for each and {last} for the last, "),
        customers => format!(
            "{each} {asset} for each and {last} for a customer of the last, with {customers} invented customers each, the other \
             customers buying for 1,  "
        ),
    };
    let text = format!(
        "A person who pays under {} names {shape}, {purchases}and has {} others below the last, gets {} of {} \
         {asset} back as rewards; one name that pays {} gets {}. False names gain {} of the payments. This is the best of \
         {forms} forms searched; others may gain more.",
        form.names,
        form.outsiders,
        units(result.returned),
        units(result.paid),
        units(one.paid),
        units(one.returned),
        percent(share_bps),
    );
    let figures = vec![
        ("names", u128::from(form.names)),
        ("directs_each", u128::from(form.width)),
        ("paid", result.paid.base_units()),
        ("returned", result.returned.base_units()),
        ("one_name_returned", one.returned.base_units()),
        ("share_bps", share_bps),
        ("forms", forms),
    ];
    rebate_finding(share_bps, text, figures)
}

/// The first of a month, so that a whole month follows.
fn first_day() -> Day {
    // 2026-01-01
    Day::new(20_454)
}

/// Names join in level order under an outsider, outsiders below the last; everyone pays once, nothing goes back, and two years
/// later everything is released. `None` if the plan does not sell it.
fn play(plan: &CompiledPlan, form: Form) -> Option<Played> {
    let mut world = World::new(plan);
    let first = first_day();
    world.end_days(Day::new(first.get().checked_sub(1)?));
    world.join(None, form.each)?;
    let mut paid = Vec::new();
    for number in 1..=form.names {
        let is_last = number == form.names;
        let amount = if is_last && form.customers == 0 {
            form.last
        } else {
            form.each
        };
        // Behind the first outsider.
        let above = parent(number, form.width).and_then(|parent| parent.checked_add(1));
        world.join(UserId::new(above.unwrap_or(1)), amount)?;
        paid.push(amount);
        for customer in 0..form.customers {
            let amount = if is_last && customer == 0 {
                form.last
            } else {
                world.unit()?
            };
            world.sell(UserId::new(number.checked_add(1)?)?, amount);
            paid.push(amount);
        }
    }
    let last = UserId::new(form.names.checked_add(1)?);
    for _ in 0..form.outsiders {
        world.join(last, form.each)?;
    }
    world.mature(first);
    let end = (first.get()..).map(Day::new).find(|day| day.ends_month())?;
    world.end_days(end);
    world.pay_periods(plan, first);
    for years in 1..=2 {
        world.end_days(end.plus(YEAR.saturating_mul(years)));
    }
    let names = (2..=form.names.checked_add(1)?).filter_map(UserId::new);
    let returned = names.flat_map(|user| [world.state.entitled(user), world.state.wallet(user)]);
    Some(Played {
        paid: sum(paid.into_iter()),
        returned: sum(returned),
    })
}

struct World<'a> {
    plan: &'a CompiledPlan,
    state: State,
    out: Outcome,
    paid: Vec<Amount>,
    customers: u32,
}

impl<'a> World<'a> {
    fn new(plan: &'a CompiledPlan) -> Self {
        Self {
            plan,
            state: State::new(plan),
            out: Outcome::default(),
            paid: Vec::new(),
            customers: 0,
        }
    }

    fn unit(&self) -> Option<Amount> {
        self.plan.asset().parse_amount("1").ok()
    }

    fn apply(&mut self, fact: &Fact) {
        self.state.apply(self.plan, fact, &mut self.out);
    }

    /// Someone joins with a first payment; `None` if the plan sells nothing for it.
    fn join(&mut self, sponsor: Option<UserId>, amount: Amount) -> Option<()> {
        let fact = Fact::Registered {
            user: self.state.next_user()?,
            sponsor,
            deposit: self.state.next_deposit()?,
            amount,
            day: first_day(),
        };
        self.apply(&fact);
        self.paid.push(amount);
        super::is_sold(&self.out).then_some(())
    }

    /// A new customer of a user buys in the shop, which brings the plan what the customer pays.
    fn sell(&mut self, user: UserId, amount: Amount) {
        self.apply(&Fact::Funded { amount });
        self.customers = self.customers.saturating_add(1);
        let fact = ComponentFact::OrderPlaced {
            order: self.state.next_order(),
            user,
            customer: Some(self.customers),
            amount,
            volume: None,
            day: first_day(),
        };
        self.apply(&Fact::Component(fact));
    }

    fn mature(&mut self, through: Day) {
        let amount = sum(self.paid.iter().copied());
        self.apply(&Fact::EscrowMatured { through, amount });
    }

    fn end_days(&mut self, day: Day) {
        self.apply(&Fact::Component(ComponentFact::DayEnded { day }));
    }

    /// Every commission period from this day on that has ended is computed and let go.
    fn pay_periods(&mut self, plan: &CompiledPlan, from: Day) {
        let Some(terms) = plan.orders() else { return };
        let period = terms.period_of(from).get();
        self.apply(&Fact::Component(ComponentFact::PeriodFinalized { period }));
        self.apply(&Fact::Component(ComponentFact::PeriodReleased { period }));
    }
}
