//! Suggests the word that was probably meant. Not responsible for the meaning of words.

use strsim::osa_distance;

/// Letters from which a word that is only begun stands for the whole.
const BEGINNING_MIN: usize = 3;

/// The option that is nearest to a word, if it is near: at most a third of its letters added, left out, replaced or
/// swapped with a neighbour, and never more than three; or one of the two is the beginning of the other. Of equally
/// near ones the first.
pub(crate) fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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
        .map(|option| (osa_distance(word, option), option))
        .filter(|(distance, option)| *distance <= allowed || begins(option))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, option)| option)
}

#[cfg(test)]
mod tests {
    use super::*;

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
