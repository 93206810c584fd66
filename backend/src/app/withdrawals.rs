//! Taking matured rewards out of the wallet balance: a command that the user signs, which becomes a fact. What is left after fee
//! and tax is then paid by the next batch, or by a proof.
//!
//! What it costs is the engine's to say when it is posted; the quote computes the same from the plan's terms.

use approval::{WithdrawalCommand, command_nonce};
use ledger::UserId;
use money::Amount;
use plan::withholding::{Line, Occasion, Payment, Withheld, Withholding, YearTotals};
use plan::{Cause, CompiledPlan, Day, FinancialYear, Report};
use sqlx::PgConnection;
use store::StoreError;
use store::api::records;
use store::inbox::{self, Command, InboxError, Stored};
use store::user::{self, User};
use thiserror::Error;

use super::{App, now};

/// What a withdrawal would give now, in base units: `amount = withheld + fee + owed + net`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalQuote {
    /// What leaves the wallet balance.
    pub amount: Amount,
    /// Tax, all policies together.
    pub withheld: Amount,
    /// What each policy takes.
    pub taxes: Vec<Line>,
    /// The operator's.
    pub fee: Amount,
    /// What the user owes after corrections, and pays with it.
    pub owed: Amount,
    /// What the chain may pay then.
    pub net: Amount,
}

/// Why nothing is taken out.
#[derive(Debug, Error)]
pub enum WithdrawalError {
    /// Matured rewards do not wait in a wallet balance.
    #[error("the plan has no wallet balance: matured rewards are paid without a request")]
    NotInPlan,
    /// The balance is smaller.
    #[error("the wallet balance is {0} base units")]
    AboveBalance(Amount),
    /// The plan asks for more.
    #[error("the smallest withdrawal is {0} base units")]
    BelowMinimum(Amount),
    /// Tax and fee leave nothing.
    #[error("tax and fee leave nothing of this amount")]
    NothingLeft,
    /// The wallet did not sign exactly this.
    #[error("the signature is not by the wallet over exactly this message")]
    BadSignature,
    /// The inbox refused.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

/// What taking out this amount would give now.
///
/// # Errors
/// Everything that [`request`] refuses but the signature.
pub async fn quote(app: &App, user: &User, amount: Amount) -> Result<WithdrawalQuote, WithdrawalError> {
    let plan = &app.ledger.plan;
    if !plan.pays_into_wallet() {
        return Err(WithdrawalError::NotInPlan);
    }
    let mut connection = app.connection().await?;
    let balances = user::fetch_balances(&mut connection, user.id).await?;
    if amount > balances.wallet {
        return Err(WithdrawalError::AboveBalance(balances.wallet));
    }
    let withheld = preview(&mut connection, plan, user, amount).await?;
    drop(connection);
    divide(plan, amount, balances.receivable, withheld.as_ref())
}

/// What would be withheld if the withdrawal were posted now: by the user's financial year so far, and by the day after the one
/// that ended last. `None` in a plan that withholds nothing from withdrawals.
async fn preview(
    connection: &mut PgConnection,
    plan: &CompiledPlan,
    user: &User,
    amount: Amount,
) -> Result<Option<Withheld>, WithdrawalError> {
    let terms = plan.components().withholding();
    let id = u32::try_from(user.id).ok().and_then(UserId::new);
    let Some(id) = id.filter(|_| terms.has_payout_basis()) else {
        return Ok(None);
    };
    let mut state = Withholding::default();
    for year in records::list_withholding_years(connection, user.id).await? {
        let totals = YearTotals {
            paid: year.paid.saturating_sub(year.paid_returned),
            taxed: year.taxed.saturating_sub(year.taxed_returned),
            withheld: year.withheld.saturating_sub(year.withheld_returned),
        };
        let starts = u32::try_from(year.financial_year).unwrap_or_default();
        let policy = u8::try_from(year.policy.saturating_sub(1)).unwrap_or(u8::MAX);
        state = state.with_year(id, policy, FinancialYear::starting_in(starts), totals);
    }
    let member = records::find_member(connection, user.id).await?;
    if member.is_some_and(|member| member.has_tax_id) {
        state.learn_tax_id(id);
    }
    let last = records::find_last_day(connection).await?;
    let payment = Payment {
        user: id,
        gross: amount,
        occasion: Occasion::Payout,
        day: last.map_or(Day::new(0), |last| Day::new(last).next()),
    };
    Ok(Some(state.preview(terms, &payment)))
}

/// Accepts a request. It has effect when it is posted as a fact, and none when it does not fit by then.
pub async fn request(
    app: &App,
    user: &User,
    amount: Amount,
    idempotency_key: &str,
    signature: Vec<u8>,
) -> Result<Stored, WithdrawalError> {
    let said = command(user, amount, idempotency_key);
    let signature = app.signed_by(user.wallet, &said.message(), signature);
    let signature = signature.ok_or(WithdrawalError::BadSignature)?;
    let cause = Cause::Reported(Report::WithdrawalRequested {
        wallet: user.wallet,
        amount,
    });
    let command = Command {
        actor: user.wallet,
        idempotency_key,
        effective_at: u64::try_from(now()).unwrap_or_default(),
        cause,
    };
    let mut connection = app.connection().await?;
    // A repeat finds its command, whatever the balance is by now.
    if let Some(stored) = inbox::find_command(&mut connection, &command).await? {
        return Ok(stored);
    }
    drop(connection);
    quote(app, user, amount).await?;
    let mut connection = app.connection().await?;
    Ok(inbox::insert_signed(&mut connection, &command, Some(&signature)).await?)
}

/// What the user signs.
pub fn command(user: &User, amount: Amount, idempotency_key: &str) -> WithdrawalCommand {
    WithdrawalCommand {
        wallet: user.wallet,
        amount,
        nonce: command_nonce(idempotency_key),
    }
}

fn divide(
    plan: &CompiledPlan,
    amount: Amount,
    owed: Amount,
    withheld: Option<&Withheld>,
) -> Result<WithdrawalQuote, WithdrawalError> {
    let terms = plan.components().withdrawal.unwrap_or_default();
    if amount < terms.min() {
        return Err(WithdrawalError::BelowMinimum(terms.min()));
    }
    let tax = withheld.map_or(Amount::ZERO, Withheld::total);
    let quote = terms.quote(amount, tax);
    if quote.net.is_zero() {
        return Err(WithdrawalError::NothingLeft);
    }
    let owed = owed.min(quote.net);
    Ok(WithdrawalQuote {
        amount,
        withheld: tax,
        taxes: withheld.map_or(Vec::new(), |withheld| withheld.lines().copied().collect()),
        fee: quote.fee,
        owed,
        net: quote.net.saturating_sub(owed),
    })
}

impl From<StoreError> for WithdrawalError {
    fn from(error: StoreError) -> Self {
        Self::Inbox(error.into())
    }
}
