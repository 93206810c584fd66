//! Tests of `runtime`.

use super::*;

fn push(word: B256) -> Vec<u8> {
    [&[PUSH32], word.as_slice()].concat()
}

#[test]
fn only_the_own_address_and_domain_move_with_the_place() {
    let place = Address::repeat_byte(7);
    let tried_place = NOBODY.create(0);
    let other = B256::repeat_byte(9);
    let domain = |address| typed_data::domain(5, address).separator();
    let tried = [
        push(tried_place.into_word()),
        push(other),
        push(domain(tried_place)),
    ];
    let expected = [push(place.into_word()), push(other), push(domain(place))];
    assert_eq!(
        at(place, 5, &tried.concat().into()),
        Bytes::from(expected.concat())
    );
}

#[test]
fn another_fixed_value_is_told_from_another_program() {
    let template = [push(B256::ZERO), vec![1, 2], push(B256::ZERO)].concat();
    let code = |first: u8, middle: u8, last: u8| {
        let middle = vec![1, middle];
        [
            push(B256::repeat_byte(first)),
            middle,
            push(B256::repeat_byte(last)),
        ]
        .concat()
    };
    let difference = |actual: &[u8]| difference_by(&template, &code(3, 2, 4), actual);
    assert_eq!(difference(&code(3, 2, 4)), None);
    assert_eq!(
        difference(&code(3, 2, 5)),
        Some(Difference::FixedValues { places: 1 })
    );
    assert_eq!(
        difference(&code(4, 2, 5)),
        Some(Difference::FixedValues { places: 2 })
    );
    assert_eq!(difference(&code(3, 9, 4)), Some(Difference::Program));
    assert_eq!(difference(&code(3, 2, 4)[1..]), Some(Difference::Program));
    assert_eq!(difference(&[]), Some(Difference::Absent));
}
