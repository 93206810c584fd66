//! [`GenerationTerms`]: the checked parameters of generation income.

use crate::component::{Booked, Terms};
use money::{Amount, Asset, Bps};

use crate::generation::table::{DirectsCounted, GenerationTable, Mode};
use plan_file::Encoder;
use plan_file::{Finding, Severity, percent};
use plan_file::{GENERATIONS_MAX, Refusal, field};

/// Maximum number of directs that a generation may request: a share that no upline can reach is not a share.
pub const DIRECTS_REQUIRED_MAX: u32 = 1_000;

/// The checked parameters of generation income.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationTerms {
    steps: Vec<GenerationStep>,
    mode: Mode,
    directs_counted: DirectsCounted,
}

/// What one generation gets, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerationStep {
    /// Share of the amount of a purchase.
    pub rate: Bps,
    /// Directs that an upline needs.
    pub directs_required: u32,
}

impl GenerationTerms {
    /// Checks the table.
    ///
    /// # Errors
    /// `list_length`, `lengths_differ`, `bps_above_whole`, `shares_above_whole`, `out_of_range`.
    pub fn check(table: &GenerationTable) -> Result<Self, Refusal> {
        let rates = &table.rates_bps;
        field::list_length("generation.rates_bps", rates.len(), 1, GENERATIONS_MAX)?;
        let required = &table.directs_required;
        if required.len() != rates.len() {
            let problem = format!("it has {} entries for {} rates", required.len(), rates.len());
            let hint = "write one number per rate, 0 where no direct is required";
            return Err(Refusal::new(
                "lengths_differ",
                "generation.directs_required",
                problem,
                hint,
            ));
        }
        let rates = field::shares("generation.rates_bps", rates)?;
        let steps = (rates.into_iter().zip(required).enumerate())
            .map(|(index, (rate, required))| {
                let field = format!("generation.directs_required[{index}]");
                let directs_required = field::number(&field, *required, 0, DIRECTS_REQUIRED_MAX)?;
                Ok(GenerationStep {
                    rate,
                    directs_required,
                })
            })
            .collect::<Result<_, Refusal>>()?;
        Ok(Self {
            steps,
            mode: table.mode,
            directs_counted: table.directs_counted,
        })
    }

    /// Generation 1 (the sponsor) first; 1 to [`GENERATIONS_MAX`] of them.
    pub fn steps(&self) -> &[GenerationStep] {
        &self.steps
    }

    /// What happens to an upline who does not get a share.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Which directs [`Uplines::directs`](super::Uplines::directs) must count.
    pub const fn directs_counted(&self) -> DirectsCounted {
        self.directs_counted
    }

    /// The share of a purchase that the generations have together.
    pub fn rates_sum(&self) -> Bps {
        let sum = (self.steps.iter()).fold(0u16, |sum, step| sum.saturating_add(step.rate.get()));
        // The shares were checked to be at most the whole.
        Bps::new(sum).unwrap_or(Bps::WHOLE)
    }

    /// What the generations take of a purchase, paid or not: every share rounded down.
    pub fn total(&self, amount: Amount) -> Amount {
        let shares = self.steps.iter().map(|step| step.rate.floor_of(amount));
        // At most the amount, because the shares are at most the whole.
        Amount::sum_of(shares).unwrap_or(amount)
    }
}

impl Terms for GenerationTerms {
    type Tables<'a> = Option<&'a GenerationTable>;
    type Rules = Booked;
    const NAME: &'static str = "generation";

    fn read(table: Option<&GenerationTable>, _asset: Asset) -> Result<Option<Self>, Refusal> {
        table.map(Self::check).transpose()
    }

    /// `list(u32(rate in bps)  u32(directs))  u32(mode: 0 physical, 1 compressed, 2 active only)
    /// u32(directs counted: 0 all time, 1 active)`.
    fn encode(&self, out: &mut Encoder) {
        out.length(self.steps.len());
        for step in &self.steps {
            out.u32(u32::from(step.rate.get()));
            out.u32(step.directs_required);
        }
        out.u32(match self.mode {
            Mode::Physical => 0,
            Mode::Compressed => 1,
            Mode::ActiveOnly => 2,
        });
        out.u32(match self.directs_counted {
            DirectsCounted::AllTime => 0,
            DirectsCounted::Active => 1,
        });
    }

    fn findings(&self, _asset: Asset) -> Vec<Finding> {
        let sum = u128::from(self.rates_sum().get());
        let paying = || self.steps.iter().filter(|step| step.rate.get() > 0);
        let free = paying().filter(|step| step.directs_required == 0);
        let free = free.fold(0u128, |sum, step| sum.saturating_add(u128::from(step.rate.get())));
        let most = paying().map(|step| step.directs_required).max().unwrap_or(0);
        let generations = u128::try_from(paying().count()).unwrap_or(u128::MAX);
        vec![Finding {
            code: "generations_from_purchases",
            severity: Severity::Info,
            text: format!(
                "{} of every purchase is reserved for {generations} generation{} of uplines; {} requires no directs, and full \
                 payment for every generation requires {most} direct{}.",
                percent(sum),
                if generations == 1 { "" } else { "s" },
                percent(free),
                if most == 1 { "" } else { "s" },
            ),
            figures: vec![
                ("generations", generations),
                ("rates_sum_bps", sum),
                ("without_directs_bps", free),
                ("directs_for_all", u128::from(most)),
            ],
        }]
    }
}
