//! R10: every transaction of our sending accounts is ours, without nonce gaps.
//!
//! Exact at any block: what the account has sent up to the block must all be ours, and what we saw at finality up to
//! the block must all have been sent. What is on its way is neither.

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Chain, Sender, Snapshot, SubmissionEnd};

pub(super) fn check(snapshot: &Snapshot, chain: &Chain, out: &mut Findings) {
    for sender in &snapshot.books.senders {
        contiguous(sender, out);
        if let Some(sent) = chain.nonces.get(&sender.address) {
            against_contract(sender, *sent, snapshot.position.block_number, out);
        }
    }
}

/// Our own nonces follow each other up to the next.
fn contiguous(sender: &Sender, out: &mut Findings) {
    let address = sender.address;
    let Some((first, _)) = sender.submissions.first() else {
        return;
    };
    let mut expected = *first;
    for (nonce, _) in &sender.submissions {
        if *nonce != expected {
            let sides = Sides(expected, nonce);
            let detail = "nonces of our submissions follow each other";
            out.note(
                format!("gap of {address}"),
                sides,
                BreakCause::MissingLedger,
                detail,
            );
            return;
        }
        expected = expected.saturating_add(1);
    }
    let detail = "the next nonce to allocate follows the last submission's";
    let subject = format!("next nonce of {address}");
    out.equal(
        subject,
        expected,
        sender.next_nonce,
        BreakCause::MissingLedger,
        detail,
    );
}

fn against_contract(sender: &Sender, sent: u64, block: u64, out: &mut Findings) {
    let address = sender.address;
    if sent > sender.next_nonce {
        let sides = Sides(format!("at most {}", sender.next_nonce), sent);
        let detail = "transactions that the account has sent, against the nonces that we allocated";
        out.note(
            format!("foreign use of {address}"),
            sides,
            BreakCause::ForeignTransaction,
            detail,
        );
    }
    let too_early = sender.submissions.iter().find(|(nonce, end)| {
        let is_final = matches!(end, SubmissionEnd::Final(at) if *at <= block);
        is_final && *nonce >= sent
    });
    if let Some((nonce, _)) = too_early {
        let sides = Sides(format!("more than {nonce}"), sent);
        let detail = "transactions that the account has sent, against a submission that we saw at finality";
        out.note(
            format!("final of {address}"),
            sides,
            BreakCause::MissingEvent,
            detail,
        );
    }
}
