//! The hash chain over the audit log: every way to break it is found where it was broken.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use alloy_primitives::b256;
use audit::trail::{Break, Broken, Entry, Seal, Sealed, check};

/// Microseconds between two rows.
const MINUTE_US: i64 = 60_000_000;

fn entry(id: i64) -> Entry {
    Entry {
        id,
        transaction: 700 + u64::try_from(id).unwrap(),
        at_us: 1_000_000_000 + id * MINUTE_US,
        actor: "0x01".to_owned(),
        action: "settlement.stop".to_owned(),
        subject: "settlement".to_owned(),
        detail: "{}".to_owned(),
    }
}

/// Rows sealed one by one, each a second after it was written.
fn chain(rows: &[Entry]) -> Vec<Sealed> {
    let mut links: Vec<Sealed> = Vec::new();
    for row in rows {
        let before = links.last().map(|link| &link.seal);
        let seal = Seal::after(before, row, row.transaction + 1, row.at_us + 1_000_000);
        links.push(Sealed {
            seal,
            entry: Some(row.clone()),
        });
    }
    links
}

fn found(links: &[Sealed]) -> Vec<(Broken, u64)> {
    let broken = check(None, links);
    broken
        .iter()
        .map(|broken| (broken.how, broken.seq.unwrap()))
        .collect()
}

fn five() -> Vec<Sealed> {
    chain(&[1, 2, 3, 4, 5].map(entry))
}

#[test]
fn a_chain_that_nobody_touched_is_whole_also_from_its_middle() {
    let links = five();
    assert_eq!(found(&links), []);
    assert_eq!(check(Some(&links[1]), &links[2..]), []);
    // Not the chain's own beginning.
    assert_eq!(found(&links[2..]), [(Broken::Gap, 3), (Broken::Changed, 3)]);
}

#[test]
fn the_hash_is_what_the_documentation_says() {
    let links = chain(&[entry(1)]);
    // keccak256 of the bytes, written down by hand in the module's order.
    let mut bytes = b"trellis audit log 1".to_vec();
    bytes.extend([0; 32]);
    for number in [1_u64, 702, 1_061_000_000, 1, 701, 1_060_000_000] {
        bytes.extend(number.to_be_bytes());
    }
    for text in ["0x01", "settlement.stop", "settlement", "{}"] {
        bytes.extend([0, 0, 0, 0, 0, 0, 0, u8::try_from(text.len()).unwrap()]);
        bytes.extend(text.as_bytes());
    }
    assert_eq!(links[0].seal.hash, alloy_primitives::keccak256(bytes));
    assert_eq!(
        links[0].seal.hash,
        b256!("0x456d7763e3aedcb59af59eea18ae4ddcf1fffed4fb686513a0cd19336f61bedf")
    );
}

#[test]
fn every_changed_field_is_found_where_it_was_changed() {
    let changes: [fn(&mut Entry); 7] = [
        |row| row.id = 9,
        |row| row.transaction += 1,
        |row| row.at_us += 1,
        |row| row.actor.push('1'),
        |row| row.action = "settlement.resume".to_owned(),
        |row| row.subject.clear(),
        |row| row.detail = "{\"a\": 1}".to_owned(),
    ];
    for change in changes {
        let mut links = five();
        change(links[2].entry.as_mut().unwrap());
        assert_eq!(found(&links), [(Broken::Changed, 3)]);
    }
    // A text cannot move from one field into the next.
    let mut links = five();
    let row = links[2].entry.as_mut().unwrap();
    row.actor.push('s');
    row.action.remove(0);
    assert_eq!(found(&links), [(Broken::Changed, 3)]);
    let changes: [fn(&mut Seal); 3] = [
        |seal| seal.horizon += 1,
        |seal| seal.sealed_at_us += 1,
        |seal| seal.hash.0[0] ^= 1,
    ];
    for change in changes {
        let mut links = five();
        change(&mut links[4].seal);
        assert_eq!(found(&links), [(Broken::Changed, 5)]);
    }
}

#[test]
fn what_is_deleted_reordered_or_backdated_is_found() {
    let mut links = five();
    links[1].entry = None;
    assert_eq!(found(&links), [(Broken::Deleted, 2)]);

    let mut links = five();
    links.remove(1);
    assert_eq!(found(&links), [(Broken::Gap, 3), (Broken::Changed, 3)]);

    let mut links = five();
    let (second, fourth) = (links[1].entry.take(), links[3].entry.take());
    (links[1].entry, links[3].entry) = (fourth, second);
    assert_eq!(found(&links), [(Broken::Changed, 2), (Broken::Changed, 4)]);

    let mut rows = [1, 2, 3].map(entry);
    rows[2].at_us = rows[1].at_us - 3_600_000_000;
    assert_eq!(found(&chain(&rows)), []);
    rows[2].at_us -= 1;
    assert_eq!(found(&chain(&rows)), [(Broken::Backdated, 3)]);
    // Rows that waited for long are sealed as they are.
    let rows = [1, 2, 3].map(entry);
    let mut late = chain(&rows[..1]);
    for row in &rows[1..] {
        let seal = Seal::after(late.last().map(|link| &link.seal), row, 900, i64::MAX);
        late.push(Sealed {
            seal,
            entry: Some(row.clone()),
        });
    }
    assert_eq!(found(&late), []);
    let shown = Break {
        how: Broken::InsertedLate,
        seq: None,
        audit_id: Some(7),
    };
    assert_eq!(shown.to_string(), "row 7");
}
