//! Splits Markdown as far as the rules need: fences, code spans, the targets of links, prose.
//!
//! Not a parser: each line is read alone, so a code span across the end of a line counts as prose.

/// A line of a Markdown file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Counted from one.
    pub(super) number: usize,
    pub(super) text: &'a str,
    /// True between the fences of a code block.
    pub(super) is_code: bool,
}

/// Returns the lines of a file, without the fences themselves.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut open: Option<&str> = None;
    for (index, text) in text.lines().enumerate() {
        let fence = fence(text.trim_start());
        match (open, fence) {
            (None, Some(fence)) => open = Some(fence),
            (Some(opening), Some(fence)) if fence.starts_with(opening) && text.trim() == fence => open = None,
            _ => lines.push(Line { number: index + 1, text, is_code: open.is_some() }),
        }
    }
    lines
}

fn fence(line: &str) -> Option<&str> {
    let letter = line.chars().next().filter(|letter| matches!(letter, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(letter).len();
    // With more backticks on the same line, it is a code span that opens with three.
    (length >= 3 && !line[length..].contains('`')).then(|| &line[..length])
}

/// Returns the code spans of a line, each with its place in the line.
pub(super) fn spans(line: &str) -> Vec<(usize, &str)> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(found) = line[at..].find('`') {
        let start = at + found;
        let inside = start + run(&line[start..]);
        match closing(line, inside, inside - start) {
            Some(end) => {
                spans.push((inside, &line[inside..end]));
                at = end + (inside - start);
            }
            None => at = inside,
        }
    }
    spans
}

/// Returns the number of backticks at the beginning of a text.
fn run(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// Returns the position of the next run of exactly that many backticks.
fn closing(line: &str, from: usize, length: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = line[at..].find('`') {
        let start = at + found;
        let here = run(&line[start..]);
        if here == length {
            return Some(start);
        }
        at = start + here;
    }
    None
}

/// Returns the line with its code spans blanked out; all positions stay.
pub(super) fn prose(line: &str) -> String {
    let spans = spans(line);
    let in_span = |at: usize| spans.iter().any(|(start, span)| (*start..start + span.len()).contains(&at));
    line.char_indices().map(|(at, letter)| if in_span(at) { ' ' } else { letter }).collect()
}

/// Returns the targets of a line's links and of its link definitions, without their titles.
pub(super) fn links(line: &str) -> Vec<String> {
    let prose = prose(line);
    let mut links = Vec::new();
    for (start, opening) in prose.match_indices("](") {
        let target = &prose[start + opening.len()..];
        if let Some(end) = target.find(')') {
            links.extend(target[..end].split_whitespace().next().map(str::to_owned));
        }
    }
    let definition = prose.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    if let Some((_, target)) = definition {
        links.extend(target.split_whitespace().next().map(str::to_owned));
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<&str> {
        spans(line).into_iter().map(|(_, span)| span).collect()
    }

    #[test]
    fn fences_are_told_from_spans() {
        let text = "a\n```rust\nb\n~~~\n```\nc\n~~~\n```\n~~~\n``` d ```\n";
        let found: Vec<(usize, bool)> = lines(text).iter().map(|line| (line.number, line.is_code)).collect();
        assert_eq!(found, [(1, false), (3, true), (4, true), (6, false), (8, true), (10, false)]);
    }

    #[test]
    fn spans_close_with_as_many_as_they_opened() {
        assert_eq!(texts("a `b` c ``d ` e`` f ` g"), ["b", "d ` e"]);
    }

    #[test]
    fn prose_is_what_is_in_no_span() {
        assert_eq!(prose("a `bé` c"), "a `  ` c");
    }

    #[test]
    fn links_are_found_in_lines_and_definitions() {
        assert_eq!(links("see [a](b.md#c) and ![d](e.png \"title\"), `[f](g)`"), ["b.md#c", "e.png"]);
        assert_eq!(links("[a]: ../b.md"), ["../b.md"]);
        assert!(links("[a] and (b)").is_empty());
    }
}
