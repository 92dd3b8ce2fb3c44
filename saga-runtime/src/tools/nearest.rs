//! The name that was probably meant.

/// Returns the one of `known` that is nearest to `name`, if one is near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = letters(name);
    let (far, near) = known.into_iter().map(|known| (distance(&given, &letters(known)), known)).min()?;
    (far <= given.len().max(3) / 3).then_some(near)
}

/// Returns the letters of a name, in whatever case it is written: `orderId` and `order_id` have the same.
fn letters(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns how many letters must be put in, left out or replaced.
fn distance(one: &[char], two: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in two.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_other_spellings() {
        let known = ["order_id", "seat", "note"];
        for (given, meant) in [("orderId", "order_id"), ("seats", "seat"), ("ORDER-ID", "order_id")] {
            assert_eq!(nearest(given, known), Some(meant), "{given}");
        }
        assert_eq!(nearest("customer", known), None);
    }
}
