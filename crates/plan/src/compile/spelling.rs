//! Which of some words somebody may have meant. Not responsible for what the words mean.

/// Letters from which a word that is only begun stands for the whole.
const BEGINNING_MIN: usize = 3;

/// The option that is nearest to a word, if it is near: at most a third of its letters added, left out, replaced or
/// swapped with a neighbour, and never more than three; or one of the two is the beginning of the other. Of equally
/// near ones the first.
pub(super) fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = word.chars().count().div_euclid(3).clamp(1, 3);
    let begins = |option: &str| {
        let shorter = word.chars().count().min(option.chars().count());
        shorter >= BEGINNING_MIN && (option.starts_with(word) || word.starts_with(option))
    };
    let length = word.chars().count();
    // A difference in length is a distance already: a name of any length costs nothing.
    let could_be = |option: &&str| length.abs_diff(option.chars().count()) <= allowed || begins(option);
    options
        .into_iter()
        .filter(could_be)
        .map(|option| (distance(word, option), option))
        .filter(|(distance, option)| *distance <= allowed || begins(option))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, option)| option)
}

/// Damerau and Levenshtein's distance, without editing anything twice.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut above_previous: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut current = Vec::with_capacity(previous.len());
        current.push(row.saturating_add(1));
        for (column, other) in right.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX);
            let next = column.saturating_add(1);
            let replaced = at(&previous, column).saturating_add(usize::from(letter != other));
            let inserted = at(&current, column).saturating_add(1);
            let removed = at(&previous, next).saturating_add(1);
            let mut best = replaced.min(inserted).min(removed);
            let before = |letters: &[char], index: usize| letters.get(index.checked_sub(1)?).copied();
            let is_swap = before(&left, row) == Some(*other) && before(&right, column) == Some(*letter);
            if let (true, Some(column)) = (is_swap, column.checked_sub(1)) {
                best = best.min(at(&above_previous, column).saturating_add(1));
            }
            current.push(best);
        }
        above_previous = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_additions_omissions_replacements_and_swaps() {
        for (left, right, expected) in [
            ("price", "price", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("prize", "price", 1),
            ("pirce", "price", 1),
            ("tre_size", "tree_size", 1),
            ("genrations_bsp", "generations_bps", 2),
            ("ca", "abc", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let fields = ["price", "direct_share", "pool_bps"];
        assert_eq!(nearest("prize", fields), Some("price"));
        assert_eq!(nearest("poolbps", fields), Some("pool_bps"));
        assert_eq!(nearest("direct_shares", fields), Some("direct_share"));
        assert_eq!(nearest("direct", fields), Some("direct_share"));
        assert_eq!(nearest("prices_of_places", fields), Some("price"));
        assert_eq!(nearest("fee", fields), None);
        assert_eq!(nearest("po", fields), None);
        assert_eq!(nearest("x", fields), None);
        assert_eq!(nearest("", fields), None);
    }
}
