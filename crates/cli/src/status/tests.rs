//! Tests of `status`.

use anyhow::Context as _;

use super::*;

#[test]
fn the_table_names_every_status() {
    let numbers = [
        Status::Done,
        Status::Failed,
        Status::Unusable,
        Status::Notable,
        Status::Refused,
    ]
    .map(Status::number);
    let numbers = numbers.into_iter().chain([service::output::UNREAD]);
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    let named = TABLE
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().next().unwrap_or_default());
    assert_eq!(named.collect::<Vec<_>>(), numbers);
}

#[test]
fn an_error_keeps_its_status_under_every_context() {
    let plain = || anyhow::anyhow!("no file");
    assert_eq!(of(&plain()), Status::Failed);
    let marked: anyhow::Result<()> = Err(unusable(plain()));
    let marked = marked.context("the plan").unwrap_err();
    assert_eq!(of(&marked), Status::Unusable);
    assert_eq!(format!("{marked:#}"), "the plan: no file");
}

#[test]
fn a_file_that_was_not_examined_is_the_worst() {
    let all = [Status::Notable, Status::Unusable, Status::Refused, Status::Done];
    let worst = all.into_iter().fold(Status::Done, Status::or_worse);
    assert_eq!(worst, Status::Unusable);
    assert_eq!(Status::Refused.or_worse(Status::Notable), Status::Refused);
}
