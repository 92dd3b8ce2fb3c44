//! The block of one place: a card with the treatment of doubt beside it, or a frame with inner blocks.

use super::canvas::{Anchor, Block, LETTER, Px, SMALL_LETTER, Shape, width};
use super::level::level;
use crate::reading::{Then, Undo, child_undone_by, doubt, undo_of_step, words};
use crate::text::branch_title;
use saga_core::Kind;
use saga_core::graph::{Definition, Graph, What};

/// Returns the block of what is awaited, under a title.
pub(super) fn block(what: &What, title: String, past: bool) -> Block {
    match what.unnamed() {
        What::All(branches) => fork(branches, title, past),
        What::Each(branch) => each(branch, title, past),
        What::Saga(graph) => child(graph, title, past),
        leaf => card(leaf, title, past),
    }
}

/// Returns its independent undos.
pub(super) fn undos(what: &What) -> Vec<Undo> {
    match what.unnamed() {
        What::Step(step) => undo_of_step(step).into_iter().collect(),
        What::Saga(graph) => child_undone_by(graph).into_iter().collect(),
        What::All(branches) => branches.iter().flat_map(undos).collect(),
        What::Each(branch) => {
            let mut undos = undos(branch);
            undos.iter_mut().for_each(|undo| undo.of.insert_str(0, "each "));
            undos
        }
        _ => Vec::new(),
    }
}

/// A rectangle with lines of text: a name, and small print.
pub(super) struct Tag {
    pub(super) class: &'static str,
    pub(super) name: String,
    pub(super) small: Vec<String>,
    pub(super) round: Px,
}

impl Tag {
    pub(super) fn size(&self) -> (Px, Px) {
        let small = self.small.iter().map(|line| width(line, SMALL_LETTER)).max().unwrap_or(0);
        let lines = Px::try_from(self.small.len()).unwrap_or(0);
        (width(&self.name, LETTER).max(small) + 28, 30 + 14 * lines)
    }

    pub(super) fn shapes(self, x: Px, y: Px) -> Vec<Shape> {
        let (w, h) = self.size();
        let class = self.class;
        let mut shapes = vec![
            Shape::Rect { class, x, y, w, h, round: self.round.min(h / 2) },
            Shape::text("name", Anchor::Middle, x + w / 2, y + 20, self.name),
        ];
        for (line, at) in self.small.into_iter().zip(0..) {
            shapes.push(Shape::text("small", Anchor::Middle, x + w / 2, y + 35 + 14 * at, line));
        }
        shapes
    }
}

/// The gap between a card and its notes.
const BESIDE: Px = 30;

fn card(what: &What, title: String, past: bool) -> Block {
    let class = match what {
        What::Step(step) if step.kind == Kind::Irreversible => "card irreversible",
        What::Step(step) if step.kind == Kind::Readonly => "card readonly",
        What::Step(_) => "card step",
        What::Opaque(_) => "card irreversible",
        _ => "card wait",
    };
    let mut said: Vec<String> = words(what).into_iter().map(str::to_owned).collect();
    said.extend(past.then(|| "forward only".to_owned()));
    let round = if class == "card wait" { 15 } else { 7 };
    let card = Tag { class, name: title, small: said, round };
    let notes = match what {
        What::Step(step) => notes(step, past),
        _ => Vec::new(),
    };
    let (w, h) = card.size();
    let sizes: Vec<(Px, Px)> = notes.iter().map(Tag::size).collect();
    let high: Px = sizes.iter().map(|(_, h)| h + 8).sum::<Px>() - 8;
    let wide = sizes.iter().map(|(w, _)| w + BESIDE).max().unwrap_or(0);
    let whole = h.max(high);
    let (middle, mut y) = (whole / 2, (whole - high) / 2);
    let mut shapes = Vec::new();
    for (note, (_, high)) in notes.into_iter().zip(sizes) {
        let at = y + high / 2;
        let class = if note.class == "note dead" { "failed" } else { "doubt" };
        // The line starts at the nearest point of the card's side.
        let from = at.clamp(middle - h / 2 + 10, middle + h / 2 - 10);
        let points = vec![(w, from), (w + BESIDE / 2, from), (w + BESIDE / 2, at), (w + BESIDE, at)];
        shapes.push(Shape::Line { class, points, arrow: true });
        shapes.extend(note.shapes(w + BESIDE, y));
        y += high + 8;
    }
    shapes.extend(card.shapes(0, middle - h / 2));
    Block {
        w: w + wide,
        h: whole,
        entry: w / 2,
        exit: w / 2,
        inset: (whole - h) / 2,
        fails: (0, middle),
        shapes,
    }
}

/// Returns the notes on doubt and on used-up retries.
fn notes(step: &Definition, past: bool) -> Vec<Tag> {
    let mut notes = Vec::new();
    let note = |name: &str, small: &[&str]| Tag {
        class: "note",
        name: name.to_owned(),
        small: small.iter().map(|line| (*line).to_owned()).collect(),
        round: 3,
    };
    let dead = |small: &str| Tag { class: "note dead", ..note("dead letter", &[small]) };
    if let Some(doubt) = doubt(step) {
        match (doubt.asks, doubt.then) {
            (Some(asks), Then::Rerun) => {
                notes.push(note(&format!("? {asks}"), &["asked in doubt", "no answer: run again"]));
            }
            (Some(asks), _) => notes.push(note(&format!("? {asks}"), &["asked in doubt"])),
            (None, Then::Rerun) => notes.push(note("? run again", &["in doubt"])),
            (None, _) => {}
        }
        let when = if doubt.asks.is_some() { "no answer" } else { "in doubt" };
        match doubt.then {
            Then::Rerun => {}
            Then::DeadLetter => notes.push(dead(when)),
            Then::Settled(by) => notes.push(note(&format!("? {by}"), &[&format!("{when}: settles it")])),
        }
    }
    if step.retriable && past {
        notes.push(dead("retries exhausted"));
    }
    notes
}

/// The padding of a frame.
const FRAME: Px = 18;
/// The gap between branches.
const BETWEEN: Px = 32;
/// The height of a frame's title.
const TITLE: Px = 24;

fn frame(title: String, class: &'static str, w: Px, h: Px) -> Vec<Shape> {
    vec![
        Shape::Rect { class, x: 0, y: 0, w, h, round: 10 },
        Shape::text("small", Anchor::Start, 12, 17, title),
    ]
}

/// Returns the ends of the bars, as wide as the branches.
fn bars(blocks: &[Block]) -> (Px, Px) {
    let (mut x, mut left, mut right) = (0, Px::MAX, 0);
    for block in blocks {
        left = left.min(x + block.entry.min(block.exit) - 40).max(0);
        right = right.max((x + block.entry.max(block.exit) + 40).min(x + block.w));
        x += block.w + BETWEEN;
    }
    (left.min(right), right)
}

/// Returns the offset that keeps the entering line clear of the frame's title.
fn beside_title(title: &str, entry: Px) -> Px {
    (12 + width(title, SMALL_LETTER) + 12 - entry).max(0)
}

fn fork(branches: &[What], title: String, past: bool) -> Block {
    let blocks: Vec<Block> =
        branches.iter().map(|branch| block(branch, branch_title(branch), past)).collect();
    let inner: Px = blocks.iter().map(|block| block.w + BETWEEN).sum::<Px>() - BETWEEN;
    let high = blocks.iter().map(|block| block.h).max().unwrap_or(0);
    let port = bars(&blocks);
    let beside = beside_title(&title, FRAME + (port.0 + port.1) / 2);
    let w = inner + 2 * FRAME + beside;
    let (top, bottom) = (TITLE + 12, TITLE + 12 + 28 + high + 28);
    let h = bottom + 4 + 12;
    let mut shapes = frame(title, "frame", w, h);
    let mut x = FRAME + beside;
    let (left, right, middle) = (x + port.0, x + port.1, x + (port.0 + port.1) / 2);
    for block in blocks {
        let (wide, y) = (block.w, top + 28 + (high - block.h) / 2);
        let (entry, exit, inset) = (x + block.entry, x + block.exit, block.inset);
        let points = vec![(entry, top + 4), (entry, y + inset)];
        shapes.push(Shape::Line { class: "forward", points, arrow: true });
        let points = vec![(exit, y + block.h - inset), (exit, bottom)];
        shapes.push(Shape::Line { class: "forward", points, arrow: true });
        block.put_at(x, y, &mut shapes);
        x += wide + BETWEEN;
    }
    let bar = |y| Shape::Rect { class: "bar", x: left, y, w: right - left, h: 4, round: 2 };
    shapes.extend([bar(top), bar(bottom)]);
    for points in [vec![(middle, 0), (middle, top)], vec![(middle, bottom + 4), (middle, h)]] {
        shapes.push(Shape::Line { class: "forward", points, arrow: false });
    }
    Block { w, h, entry: middle, exit: middle, inset: 0, fails: (0, h - 16), shapes }
}

/// Draws a pile of branches, with only the first one visible.
fn each(branch: &What, title: String, past: bool) -> Block {
    let title = format!("{title}, one for each");
    let block = fork(std::slice::from_ref(branch), title, past);
    let (w, h) = (block.w, block.h);
    let mut shapes = Vec::new();
    for at in [10, 5] {
        shapes.push(Shape::Rect { class: "frame", x: at, y: at, w, h: h - 10, round: 10 });
    }
    let Block { entry, exit, fails, .. } = block;
    shapes.extend(block.shapes);
    Block { w: w + 10, h, entry, exit, inset: 0, fails, shapes }
}

fn child(graph: &Graph, title: String, past: bool) -> Block {
    let inner = level(graph, past);
    let title = format!("saga {title} v{}", graph.version);
    let beside = FRAME + beside_title(&title, FRAME + inner.entry);
    let w = inner.w + FRAME + beside;
    let h = inner.h + TITLE + 8 + FRAME;
    let mut shapes = frame(title, "frame child", w, h);
    let (entry, exit, y) = (beside + inner.entry, beside + inner.exit, TITLE + 8);
    for points in [vec![(entry, 0), (entry, y)], vec![(exit, y + inner.h), (exit, h)]] {
        shapes.push(Shape::Line { class: "forward", points, arrow: false });
    }
    inner.put_at(beside, y, &mut shapes);
    Block { w, h, entry, exit, inset: 0, fails: (0, y + 14), shapes }
}
