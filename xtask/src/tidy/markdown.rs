//! Splits Markdown into lines, as far as the rules need: code blocks, code spans, the targets of links, prose.

use pulldown_cmark::{Event, LinkType::Inline, Options, Parser, Tag};

/// A line of a Markdown file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Counted from one.
    pub(super) number: usize,
    pub(super) text: &'a str,
    /// True in a code block, its fences included.
    pub(super) is_code: bool,
    /// The text with its code spans blanked out; all positions stay.
    pub(super) prose: String,
    /// The code spans that begin here.
    pub(super) spans: Vec<String>,
    /// The targets of the links, images and definitions that begin here.
    pub(super) links: Vec<String>,
}

/// Returns the lines of a file.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let line = |(index, text): (usize, _)| {
        let (spans, links) = (Vec::new(), Vec::new());
        Line { number: index + 1, text, is_code: false, prose: String::new(), spans, links }
    };
    let mut lines: Vec<Line<'_>> = text.lines().enumerate().map(line).collect();
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line_of = |at: usize| starts.partition_point(|start| *start <= at) - 1;
    let mut prose = text.to_owned().into_bytes();
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES);
    for (_, definition) in parser.reference_definitions().iter() {
        lines[line_of(definition.span.start)].links.push(definition.dest.to_string());
    }
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                lines[line_of(range.start)..=line_of(range.end - 1)]
                    .iter_mut()
                    .for_each(|it| it.is_code = true);
            }
            Event::Code(code) => {
                lines[line_of(range.start)].spans.push(code.into_string());
                prose[range].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            }
            Event::Start(
                Tag::Link { link_type: Inline, dest_url, .. }
                | Tag::Image { link_type: Inline, dest_url, .. },
            ) => {
                lines[line_of(range.start)].links.push(dest_url.into_string());
            }
            _ => {}
        }
    }
    let prose = String::from_utf8_lossy(&prose);
    lines.iter_mut().zip(prose.lines()).for_each(|(line, prose)| line.prose = prose.to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_from_spans() {
        let text = "a\n\n```rust\nb\n~~~\n```\n\nc\n~~~\n```\n~~~\n``` d ```\n";
        let code: Vec<usize> =
            lines(text).iter().filter(|line| line.is_code).map(|line| line.number).collect();
        assert_eq!(code, [3, 4, 5, 6, 9, 10, 11]);
    }

    #[test]
    fn prose_is_what_is_in_no_span() {
        let found = lines("a `bé` c ``d ` e``\nf `g\nh` i");
        assert_eq!(found[0].spans, ["bé", "d ` e"]);
        assert_eq!(found[0].prose, "a       c          ");
        assert_eq!((&*found[1].prose, &*found[2].prose), ("f   ", "   i"));
        assert_eq!(found[1].spans, ["g h"]);
    }

    #[test]
    fn links_are_found_where_their_target_is() {
        let found = lines("see [a](b.md#c) and ![d](e.png \"title\"), `[f](g)`\n[h] [i]\n\n[h]: ../j.md");
        assert_eq!(found[0].links, ["b.md#c", "e.png"]);
        assert_eq!(found[3].links, ["../j.md"]);
        assert!(found[1].links.is_empty() && lines("[a] and (b)")[0].links.is_empty());
    }
}
