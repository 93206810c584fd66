//! What an explanation says of every leg, in the words of the second implementation: component, rule, outcome, the user that it is
//! about, and for a sum of several shares the rule behind each part.

use explain::Line;
use naive::Changes;
use naive::told::tell;
use plan::Book;

/// `book` knows the wallets of all users.
pub(crate) fn said(book: &Book, lines: &[Line]) -> Changes {
    let mut said = Changes::new();
    for line in lines.iter().filter(|line| line.leg.is_some()) {
        let who = line
            .user
            .map_or("-".to_owned(), |user| book.wallet_of(user).unwrap().to_string());
        let verdict = match line.verdict.cause() {
            Some(cause) => format!("{}:{}", line.verdict.name(), cause.name()),
            None => line.verdict.name().to_owned(),
        };
        let what = format!("{} {} {verdict} {who}", line.component, line.rule);
        let signed = |amount: money::Amount| i128::try_from(amount.base_units()).unwrap();
        for part in &line.parts {
            let what = format!("{what} = {} {}", part.component, part.rule);
            tell(&mut said, what, signed(part.amount));
        }
        if line.parts.is_empty() {
            let of_tax = Some(&line.because).filter(|_| line.rule == "withheld");
            let policy = of_tax.and_then(|because| because.rsplit_once(" under "));
            let policy = policy.map_or(String::new(), |(_, name)| format!(" = {} {name}", line.component));
            tell(&mut said, format!("{what}{policy}"), signed(line.amount));
        }
    }
    said
}
