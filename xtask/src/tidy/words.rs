//! The words of a text, in any joining style: `deadLetter`, `DEAD_LETTER` and `dead-letter` are the same two words.

/// A word and its position.
struct Word<'a> {
    start: usize,
    text: &'a str,
}

/// The position of a phrase in a line: its first byte, and the one after its last.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Returns the positions of a phrase in a line, in any case and joining style, in the singular or with an `s`.
pub(super) fn places(line: &str, phrase: &str) -> Vec<Place> {
    let phrase: Vec<String> =
        phrase.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect();
    let words = words(line);
    let fits = |window: &&[Word<'_>]| {
        let last = phrase.len() - 1;
        let same = window.iter().enumerate().all(|(index, word)| {
            let text = word.text.to_lowercase();
            text == phrase[index] || (index == last && text.strip_suffix('s') == Some(&phrase[index]))
        });
        same && window.windows(2).all(|pair| are_joined(line, &pair[0], &pair[1]))
    };
    words
        .windows(phrase.len())
        .filter(fits)
        .filter_map(|window| {
            let (first, last) = (window.first()?, window.last()?);
            Some(Place { start: first.start, end: last.start + last.text.len() })
        })
        .collect()
}

/// Returns true if at most one space, hyphen or underscore is between the words.
fn are_joined(line: &str, before: &Word<'_>, after: &Word<'_>) -> bool {
    matches!(&line[before.start + before.text.len()..after.start], "" | " " | "-" | "_")
}

/// Splits at everything but letters, and where a change of case begins a word.
fn words(line: &str) -> Vec<Word<'_>> {
    let letters: Vec<(usize, char)> = line.char_indices().collect();
    let mut words = Vec::new();
    let mut start = None;
    for (index, (at, letter)) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| letters[index].1);
        let after = letters.get(index + 1).map(|(_, letter)| *letter);
        if let Some(begun) = start
            && begins(before, *letter, after)
        {
            words.push(Word { start: begun, text: &line[begun..*at] });
            start = None;
        }
        if start.is_none() && letter.is_alphanumeric() {
            start = Some(*at);
        }
    }
    words.extend(start.map(|start| Word { start, text: &line[start..] }));
    words
}

/// Returns true if a word ends before this letter. Letters other than alphanumeric ones end a word, and so does a
/// change of case: `aB`, and the last capital in `ABc`.
fn begins(before: Option<char>, letter: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    let after_small = letter.is_uppercase() && !before.is_uppercase();
    // An `s` after capitals is their plural.
    let last_capital =
        letter.is_uppercase() && after.is_some_and(|after| after.is_lowercase() && after != 's');
    !letter.is_alphanumeric() || after_small || last_capital
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(line: &str, phrase: &str) -> usize {
        places(line, phrase).len()
    }

    #[test]
    fn a_phrase_is_found_however_it_is_joined() {
        for line in [
            "dead-letter queue",
            "DeadLetterQueue",
            "dead_letter_queue",
            "a_DEAD_LETTER_QUEUES_b",
            "dead letter queues",
        ] {
            assert_eq!(count(line, "dead-letter queue"), 1, "{line}");
        }
    }

    #[test]
    fn capitals_make_one_word_with_their_plural() {
        for line in ["TCC", "a TCC saga", "TCCs", "TccSaga", "TCCSaga", "run_tcc"] {
            assert_eq!(count(line, "TCC"), 1, "{line}");
        }
    }

    #[test]
    fn parts_of_words_are_not_the_word() {
        for line in ["workflowed", "artcc", "outCc", "TCCx"] {
            assert_eq!(count(line, "TCC") + count(line, "workflow"), 0, "{line}");
        }
        assert_eq!(count("a dead letter. Queue it", "dead-letter queue"), 0);
    }

    #[test]
    fn the_place_is_told_in_bytes() {
        assert_eq!(places("é workflows!", "workflow"), [Place { start: 3, end: 12 }]);
    }
}
