//! The code that a deployed contract must have, with everything in it that the constructor fixed.
//!
//! A node executes the constructor for nobody (`eth_call` without a receiver) and answers the code that would be stored.
//! Two words of it depend on the place where it runs: the contract's own address, and the hash of the signing domain.
//! [`at`] replaces them, so the result is exact, byte for byte, for any place. Not responsible for asking the node.

use alloy::primitives::{Address, B256, Bytes};

use crate::deploy::Asset;
use crate::typed_data;

/// Who creates the contract when it is only tried: nobody has the key, and nothing was ever sent from there.
pub const NOBODY: Address = Address::repeat_byte(0xcd);

/// The instruction that a fixed value stands behind.
const PUSH32: u8 = 0x7f;

/// Bytes of a fixed value.
const WORD: usize = 32;

/// The code of a contract at `place`, from the code that the constructor gave when [`NOBODY`] tried it.
pub fn at(place: Address, chain_id: u64, tried: &Bytes) -> Bytes {
    let tried_place = NOBODY.create(0);
    let domain = |address| typed_data::domain(chain_id, address).separator();
    let mut code = tried.to_vec();
    replace(&mut code, tried_place.into_word(), place.into_word());
    replace(&mut code, domain(tried_place), domain(place));
    code.into()
}

/// In what a contract's code differs from the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// There is no code.
    Absent,
    /// The same program, constructed with other values.
    FixedValues {
        /// How many places hold another value.
        places: usize,
    },
    /// Another program.
    Program,
}

/// Compares two codes of the form for this asset, `None` when they are equal.
pub fn difference(asset: &Asset, expected: &Bytes, actual: &Bytes) -> Option<Difference> {
    difference_by(asset.template(), expected, actual)
}

/// As [`difference`]; in `template`, every fixed value is a word of zeros behind [`PUSH32`], which the compiler writes for
/// nothing else.
fn difference_by(template: &[u8], expected: &[u8], actual: &[u8]) -> Option<Difference> {
    if expected == actual {
        return None;
    }
    if actual.is_empty() {
        return Some(Difference::Absent);
    }
    if expected.len() != actual.len() || template.len() != expected.len() {
        return Some(Difference::Program);
    }
    let mut places = 0;
    let mut position = 0;
    while position < template.len() {
        let end = template.len().min(position + 1 + WORD);
        let is_fixed = template[position] == PUSH32 && template[position + 1..end] == [0; WORD];
        let length = if is_fixed { 1 + WORD } else { 1 };
        let part = position..position + length;
        if expected[part.clone()] != actual[part.clone()] {
            if !is_fixed || actual[position] != PUSH32 {
                return Some(Difference::Program);
            }
            places += 1;
        }
        position = part.end;
    }
    Some(Difference::FixedValues { places })
}

fn replace(code: &mut [u8], old: B256, new: B256) {
    let mut pushed = [PUSH32; 1 + WORD];
    pushed[1..].copy_from_slice(old.as_slice());
    let mut position = 0;
    while position + pushed.len() <= code.len() {
        if code[position..].starts_with(&pushed) {
            code[position + 1..position + pushed.len()].copy_from_slice(new.as_slice());
            position += WORD;
        }
        position += 1;
    }
}

#[cfg(test)]
mod tests;
