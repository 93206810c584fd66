//! Tests of `code`.

use super::*;

fn read<T: Code>(bytes: &[u8]) -> Option<T> {
    let mut source = Source::new(bytes);
    T::take(&mut source).filter(|_| source.is_at_end())
}

#[test]
fn numbers_are_read_as_they_were_written_and_what_is_too_large_is_none() {
    for number in [0, 1, 127, 128, 300, u128::from(u64::MAX), u128::MAX] {
        let mut bytes = Vec::new();
        number.put(&mut bytes);
        assert_eq!(read::<u128>(&bytes), Some(number));
        assert_eq!(read::<u64>(&bytes), u64::try_from(number).ok());
    }
    assert_eq!(read::<u128>(&[0xff; 40]), None);
    let mut above = vec![0xff; 18];
    above.push(0x7f);
    assert_eq!(read::<u128>(&above), None, "more than 128 bits");
    assert_eq!(read::<u32>(&[]), None);
}

#[test]
fn a_length_that_the_bytes_cannot_fill_takes_no_memory() {
    let mut bytes = Vec::new();
    u64::MAX.put(&mut bytes);
    assert_eq!(read::<Vec<u64>>(&bytes), None);
    assert_eq!(read::<BTreeMap<u8, u8>>(&[2, 5, 0, 5, 1]), None, "a key twice");
    assert_eq!(
        read::<BTreeMap<u8, u8>>(&[2, 5, 0, 6, 1]).map(|map| map.len()),
        Some(2)
    );
}
