//! The error for an unknown word: lists the accepted words, and suggests the nearest.

/// Returns the error for a word that is not accepted.
pub(crate) fn unknown(kind: &str, word: &str, accepted: &[impl AsRef<str>]) -> String {
    let list = accepted.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ");
    match nearest(word, accepted) {
        Some(name) => format!("unknown {kind} `{word}`: did you mean `{name}`? accepted: {list}"),
        None => format!("unknown {kind} `{word}`: accepted: {list}"),
    }
}

/// Returns the accepted word within the edit limit that is nearest.
fn nearest<'a>(word: &str, accepted: &'a [impl AsRef<str>]) -> Option<&'a str> {
    let edits_max = word.chars().count().max(3) / 2;
    accepted
        .iter()
        .map(|name| (strsim::levenshtein(word, name.as_ref()), name.as_ref()))
        .filter(|(edits, _)| *edits <= edits_max)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCEPTED: &[&str] = &["test", "tidy", "bench"];

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        assert_eq!(nearest("tets", ACCEPTED), Some("test"));
        assert_eq!(nearest("bnech", ACCEPTED), Some("bench"));
        assert_eq!(nearest("tidi", ACCEPTED), Some("tidy"));
    }

    #[test]
    fn a_far_word_finds_none_but_is_told_the_list() {
        assert_eq!(nearest("deploy", ACCEPTED), None);
        assert_eq!(
            unknown("command", "deploy", ACCEPTED),
            "unknown command `deploy`: accepted: `test`, `tidy`, `bench`"
        );
    }
}
