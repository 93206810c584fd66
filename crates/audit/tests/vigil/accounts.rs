//! R7 and R11: accounts that must have money, and what their transactions cost.

use alloy_primitives::{Address, B256};
use audit::checks::Severity::{self, S2, S3};
use audit::vigil::{AccountSeen, FeeWindow, PaidTransaction, accounts, fees, top_up};

use crate::found;

const SENDER: Address = Address::repeat_byte(7);

/// Two transactions that cost 21 and 30 wei.
fn window() -> FeeWindow {
    let paid = |byte, receipt| PaidTransaction {
        hash: B256::repeat_byte(byte),
        receipt,
        booked: Some(receipt),
    };
    FeeWindow {
        sender: SENDER,
        blocks: (10, 20),
        balances: (1_000, 949),
        nonces: (4, 6),
        transactions: vec![paid(1, (7, 3)), paid(2, (10, 3))],
    }
}

fn after(fault: impl FnOnce(&mut FeeWindow)) -> Vec<(Severity, String)> {
    let mut window = window();
    fault(&mut window);
    found(fees(&[window]))
}

#[test]
fn an_account_with_one_wei_too_little_is_found() {
    let seen = |balance| AccountSeen {
        name: "treasury".to_owned(),
        address: SENDER,
        balance,
        minimum: 5,
    };
    assert_eq!(found(accounts(&[seen(5)])), []);
    let subject = format!("treasury {SENDER}");
    assert_eq!(found(accounts(&[seen(5), seen(4)])), [(S2, subject)]);
}

#[test]
fn fees_that_are_the_receipts_pass_and_a_top_up_is_no_finding() {
    assert_eq!(after(|_| {}), []);
    assert_eq!(top_up(&window()), 0);
    let mut topped_up = window();
    topped_up.balances.1 += 500;
    assert_eq!(found(fees(&[topped_up.clone()])), []);
    assert_eq!(top_up(&topped_up), 500);
}

#[test]
fn a_wei_too_much_a_transaction_too_many_and_another_booked_fee_are_found() {
    let of = |what: &str| format!("{what} {SENDER}");
    assert_eq!(after(|window| window.balances.1 -= 1), [(S2, of("fees"))]);
    assert_eq!(after(|window| window.nonces.1 += 1), [(S2, of("transactions"))]);
    // The dearer of two attempts is booked, and the cheaper one was mined.
    let booked = after(|window| window.transactions[1].booked = Some((10, 4)));
    assert_eq!(booked, [(S3, format!("fee {}", B256::repeat_byte(2)))]);
    assert_eq!(after(|window| window.transactions[1].booked = None), []);
    let missing = after(|window| window.transactions.truncate(1));
    assert_eq!(missing, [(S2, of("fees")), (S2, of("transactions"))]);
}
