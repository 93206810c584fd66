//! An error with its causes on one line, for the one place that handles and logs it.
//!
//! Not responsible for deciding what a client may see: an answer over HTTP never contains a chain.

use std::error::Error;
use std::fmt;

/// Shows an error and every cause below it, joined by `: `.
///
/// A cause whose text its parent already ends with is left out, so that foreign errors which repeat their
/// source in their own text do not show it twice.
#[derive(Debug, Clone, Copy)]
pub struct ErrorChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.to_string();
        f.write_str(&shown)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if !shown.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            shown = text;
            next = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Link>>,
    }

    fn link(text: &'static str, source: Option<Link>) -> Link {
        Link {
            text,
            source: source.map(Box::new),
        }
    }

    #[test]
    fn every_cause_is_shown_once_and_in_order() {
        let error = link(
            "posting stopped",
            Some(link("lease lost", Some(link("connection closed", None)))),
        );
        assert_eq!(
            ErrorChain(&error).to_string(),
            "posting stopped: lease lost: connection closed"
        );
    }

    #[test]
    fn a_cause_that_its_parent_repeats_is_shown_once() {
        let error = link(
            "connect: refused",
            Some(link("refused", Some(link("os error 111", None)))),
        );
        assert_eq!(ErrorChain(&error).to_string(), "connect: refused: os error 111");
    }
}
