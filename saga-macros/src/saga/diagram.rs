//! The automaton of a saga as text, for its documentation: its places from top to bottom, one below the other, with
//! what is skipped at their right and what is repeated at their left. Knows names and moves only; how a step is undone
//! is not known where the macro stands.

use proc_macro2::TokenStream;
use quote::quote;

use crate::saga::body::AwaitPoint;
use crate::saga::flow::To;
use crate::saga::model::Saga;
use crate::saga::operand::Kind;

/// One place, as it is drawn.
pub(crate) struct Stop {
    pub(crate) label: String,
    /// What is begun there at once, if it is several things.
    pub(crate) branches: Vec<String>,
    /// Where it goes when it is done.
    pub(crate) done: Vec<To>,
    /// Where it goes when it has failed.
    pub(crate) failed: Vec<To>,
}

/// Returns the diagram as documentation; nothing if the body is not sound.
pub(crate) fn docs(saga: &Saga) -> TokenStream {
    let Some(flow) = &saga.flow else { return TokenStream::new() };
    let stop = |(number, site): (usize, &AwaitPoint)| Stop {
        label: label(site),
        branches: branches(site.kind.as_ref()),
        done: flow.done(number),
        failed: flow.failed(number),
    };
    let stops: Vec<_> = saga.body.sites.iter().enumerate().map(stop).collect();
    let drawn = diagram(&flow.start(), &stops);
    let back = if drawn.contains(BACK) { "; `✗ back`: if it fails, what was done is undone" } else { "" };
    let docs = format!("\n\n# Automaton\n\nFrom top to bottom{back}.\n\n```text\n{drawn}```");
    quote!(#[doc = #docs])
}

fn label(site: &AwaitPoint) -> String {
    match (&site.name, site.occurrence) {
        (Some(name), _) => format!("{} as {name}", site.label),
        (None, 0 | 1) => site.label.clone(),
        (None, occurrence) => format!("{}#{occurrence}", site.label),
    }
}

fn branches(kind: Option<&Kind>) -> Vec<String> {
    match kind {
        Some(Kind::All(branches)) => branches.iter().map(called).collect(),
        Some(Kind::Each(each)) => vec![format!("{} for each", called(each))],
        _ => Vec::new(),
    }
}

fn called(kind: &Kind) -> String {
    match kind {
        Kind::Call(path) => path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default(),
        Kind::Deferred(_, step) => format!("on_commit({step})"),
        Kind::Sleep => "sleep".to_owned(),
        Kind::Now => "now".to_owned(),
        Kind::Uuid => "uuid".to_owned(),
        Kind::Signal(_) => "signal".to_owned(),
        Kind::Approve => "approve".to_owned(),
        Kind::All(branches) => format!("all({})", branches.iter().map(called).collect::<Vec<_>>().join(", ")),
        Kind::Each(each) => format!("all({} for each)", called(each)),
        Kind::Named(name, kind) => format!("{} as {}", called(kind), name.value()),
    }
}

const BACK: &str = "✗ back";

/// Returns the whole drawing, a line each with its end.
pub(crate) fn diagram(start: &[To], stops: &[Stop]) -> String {
    let mut drawing = Drawing::of(start, stops);
    let (left, right) = (drawing.lanes(Side::Left), drawing.lanes(Side::Right));
    let indent = if left.is_empty() { 0 } else { 2 * columns(&left) + 2 };
    let width = drawing.lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
    let edge = indent + width + 1;
    let notes = edge + if right.is_empty() { 1 } else { 2 * columns(&right) + 3 };
    let mut grid = Grid::new(drawing.lines.len(), notes);
    for (row, line) in drawing.lines.iter_mut().enumerate() {
        grid.write(row, indent, &line.text);
        grid.notes[row] = std::mem::take(&mut line.note);
    }
    for lane in &left {
        grid.lane(lane, indent - 4 - 2 * lane.column, |_| indent - 2);
    }
    for lane in &right {
        let after = |text: &str| if text.is_empty() { 0 } else { text.chars().count() + 1 };
        let texts: Vec<usize> = drawing.lines.iter().map(|line| indent + after(&line.text)).collect();
        grid.lane(lane, edge + 2 + 2 * lane.column, |row| texts[row]);
    }
    grid.into_text()
}

/// The lines of text, and the moves between nodes: the start, the places, and the end with the output.
struct Drawing {
    lines: Vec<Line>,
    /// The line of each node.
    rows: Vec<usize>,
    /// From node to node.
    moves: Vec<(usize, usize)>,
}

#[derive(Default)]
struct Line {
    text: String,
    note: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// All moves to one place that do not go straight on.
struct Lane {
    target: usize,
    /// The lines that they come from.
    sources: Vec<usize>,
    column: usize,
}

impl Lane {
    fn rows(&self) -> (usize, usize) {
        let all = || self.sources.iter().copied().chain([self.target]);
        (all().min().unwrap_or(0), all().max().unwrap_or(0))
    }
}

fn columns(lanes: &[Lane]) -> usize {
    lanes.iter().map(|lane| lane.column + 1).max().unwrap_or(0)
}

impl Drawing {
    fn of(start: &[To], stops: &[Stop]) -> Self {
        let end = stops.len() + 1;
        let node = |to: &To| match to {
            To::AwaitPoint(number) => Some(number + 1),
            To::Completed => Some(end),
            To::RollingBack => None,
        };
        let targets = std::iter::once(start).chain(stops.iter().map(|stop| &stop.done[..]));
        let moves: Vec<(usize, usize)> = targets
            .enumerate()
            .flat_map(|(from, targets)| targets.iter().filter_map(node).map(move |to| (from, to)))
            .collect();
        let mut drawing = Self { lines: Vec::new(), rows: Vec::new(), moves };
        drawing.node("●".to_owned(), &[], String::new());
        for (number, stop) in stops.iter().enumerate() {
            drawing.join(number + 1);
            let again = if drawing.goes(number + 1, number + 1) { " ↻" } else { "" };
            drawing.node(format!("{}{again}", stop.label), &stop.branches, note(stop, stops));
        }
        if drawing.moves.iter().any(|(_, to)| *to == end) {
            drawing.join(end);
            drawing.node("completed".to_owned(), &[], String::new());
        }
        drawing
    }

    fn goes(&self, from: usize, to: usize) -> bool {
        self.moves.contains(&(from, to))
    }

    /// Writes the line before the node.
    fn join(&mut self, node: usize) {
        let text = if self.goes(node - 1, node) { "↓" } else { "" };
        self.lines.push(Line { text: text.to_owned(), note: String::new() });
    }

    fn node(&mut self, label: String, branches: &[String], note: String) {
        self.rows.push(self.lines.len());
        let indent = label.chars().count() - 1;
        let Some((first, others)) = branches.split_first() else {
            return self.lines.push(Line { text: label, note });
        };
        let fork = if others.is_empty() { '─' } else { '┬' };
        self.lines.push(Line { text: format!("{label} {fork} {first}"), note });
        for (number, branch) in others.iter().enumerate() {
            let fork = if number + 1 == others.len() { '└' } else { '├' };
            let text = format!("│{:indent$} {fork} {branch}", "");
            self.lines.push(Line { text, note: String::new() });
        }
    }

    /// Returns the lanes at that side, each in a column of its own, short ones within.
    fn lanes(&self, side: Side) -> Vec<Lane> {
        let mut lanes: Vec<Lane> = Vec::new();
        for (from, to) in &self.moves {
            let at = match () {
                () if to < from => Side::Left,
                () if *to > from + 1 => Side::Right,
                () => continue,
            };
            if at != side {
                continue;
            }
            // What is skipped to is reached from above: its own line is for where it goes.
            let above = usize::from(side == Side::Right);
            let (source, target) = (self.rows[*from], self.rows[*to] - above);
            match lanes.iter_mut().find(|lane| lane.target == target) {
                Some(lane) => lane.sources.push(source),
                None => lanes.push(Lane { target, sources: vec![source], column: 0 }),
            }
        }
        lanes.sort_by_key(|lane| (lane.rows().1 - lane.rows().0, lane.target));
        for number in 0..lanes.len() {
            let (before, after) = lanes.split_at_mut(number);
            let (top, bottom) = after[0].rows();
            let near = |lane: &&Lane| lane.rows().0 <= bottom && lane.rows().1 >= top;
            let taken: Vec<usize> = before.iter().filter(near).map(|lane| lane.column).collect();
            after[0].column = (0..).find(|column| !taken.contains(column)).unwrap_or(0);
        }
        lanes
    }
}

/// Returns where it goes when it fails, if that is not where it goes anyway.
fn note(stop: &Stop, stops: &[Stop]) -> String {
    if stop.failed.iter().all(|to| stop.done.contains(to)) {
        return String::new();
    }
    let names = stop.failed.iter().map(|to| match to {
        To::AwaitPoint(number) => stops[*number].label.as_str(),
        To::Completed => "completed",
        To::RollingBack => "back",
    });
    format!("✗ {}", names.collect::<Vec<_>>().join(" or "))
}

const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

#[derive(Clone, Copy)]
enum Cell {
    Text(char),
    /// Where lines go from here.
    Drawn(u8),
}

struct Grid {
    cells: Vec<Vec<Cell>>,
    notes: Vec<String>,
}

impl Grid {
    fn new(rows: usize, width: usize) -> Self {
        Self { cells: vec![vec![Cell::Drawn(0); width]; rows], notes: vec![String::new(); rows] }
    }

    fn write(&mut self, row: usize, at: usize, text: &str) {
        text.chars().zip(at..).for_each(|(c, column)| self.cells[row][column] = Cell::Text(c));
    }

    fn draw(&mut self, row: usize, column: usize, to: u8) {
        match &mut self.cells[row][column] {
            Cell::Drawn(drawn) => *drawn |= to,
            // A label or an arrow: what is drawn ends there.
            Cell::Text(_) => {}
        }
    }

    /// Returns a lane in that column; `end` is where its horizontals meet the text of a row.
    fn lane(&mut self, lane: &Lane, column: usize, end: impl Fn(usize) -> usize) {
        let (top, bottom) = lane.rows();
        for row in top..=bottom {
            let up = if row > top { UP } else { 0 };
            self.draw(row, column, up | if row < bottom { DOWN } else { 0 });
        }
        for row in lane.sources.iter().chain([&lane.target]) {
            let meets = end(*row);
            let (towards, away) = if meets > column { (RIGHT, LEFT) } else { (LEFT, RIGHT) };
            self.draw(*row, column, towards);
            (column.min(meets) + 1..column.max(meets)).for_each(|c| self.draw(*row, c, LEFT | RIGHT));
            self.draw(*row, meets, away | towards);
        }
        let meets = end(lane.target);
        self.cells[lane.target][meets] = match meets.checked_sub(2).map(|at| self.cells[lane.target][at]) {
            _ if meets > column => Cell::Text('→'),
            Some(Cell::Text(_)) => Cell::Text('←'),
            // Nothing comes from above: it turns down.
            _ => Cell::Drawn(DOWN | RIGHT),
        };
    }

    fn into_text(self) -> String {
        let mut text = String::new();
        for (row, note) in self.cells.iter().zip(&self.notes) {
            let line: String = row.iter().map(shown).collect();
            let line = if note.is_empty() { line } else { format!("{line}{note}") };
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

fn shown(cell: &Cell) -> char {
    // By the bits of up, down, left and right.
    const LINES: [char; 16] =
        [' ', '│', '│', '│', '─', '╯', '╮', '┤', '─', '╰', '╭', '├', '─', '┴', '┬', '┼'];
    match cell {
        Cell::Text(c) => *c,
        Cell::Drawn(lines) => LINES[usize::from(*lines)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(label: &str, done: &[To], failed: &[To]) -> Stop {
        Stop { label: label.to_owned(), branches: Vec::new(), done: done.to_vec(), failed: failed.to_vec() }
    }

    const BACK_TO: &[To] = &[To::RollingBack];

    #[track_caller]
    fn drawn(start: &[To], stops: &[Stop], expected: &[&str]) {
        let drawn = diagram(start, stops);
        assert_eq!(drawn.lines().collect::<Vec<_>>(), expected, "\n{drawn}");
    }

    #[test]
    fn a_sequence_goes_down() {
        let branches = ["hold_flight", "hold_hotel", "hold_car"].map(str::to_owned).to_vec();
        let stops = [
            Stop { branches, ..stop("all", &[To::AwaitPoint(1)], BACK_TO) },
            stop("charge_card", &[To::AwaitPoint(2)], BACK_TO),
            stop("email_itinerary", &[To::Completed], &[To::Completed]),
        ];
        drawn(
            &[To::AwaitPoint(0)],
            &stops,
            &[
                "●",
                "↓",
                "all ┬ hold_flight  ✗ back",
                "│   ├ hold_hotel",
                "│   └ hold_car",
                "↓",
                "charge_card        ✗ back",
                "↓",
                "email_itinerary",
                "↓",
                "completed",
            ],
        );
    }

    #[test]
    fn what_is_skipped_is_at_the_right() {
        let stops = [
            stop("look", &[To::AwaitPoint(1), To::AwaitPoint(2)], BACK_TO),
            stop("charge", &[To::Completed], &[To::AwaitPoint(2)]),
            stop("hold", &[To::Completed], &[]),
        ];
        drawn(
            &[To::AwaitPoint(0), To::AwaitPoint(2)],
            &stops,
            &[
                "● ────────────╮",
                "↓             │",
                "look ─────────┤  ✗ back",
                "↓             │",
                "charge ─────╮ │  ✗ hold",
                "╭───────────┼─╯",
                "hold        │",
                "↓ ←─────────╯",
                "completed",
            ],
        );
    }

    #[test]
    fn what_is_repeated_is_at_the_left() {
        let stops = [
            stop("hold", &[To::AwaitPoint(1)], BACK_TO),
            stop("look", &[To::AwaitPoint(0), To::AwaitPoint(1), To::AwaitPoint(2)], BACK_TO),
            stop("charge", &[To::Completed], &[To::AwaitPoint(2)]),
        ];
        drawn(
            &[To::AwaitPoint(0)],
            &stops,
            &[
                "    ●",
                "    ↓",
                "╭─→ hold       ✗ back",
                "│   ↓",
                "╰── look ↻     ✗ back",
                "    ↓",
                "    charge     ✗ charge",
                "    ↓",
                "    completed",
            ],
        );
    }

    #[test]
    fn loops_are_drawn_in_each_other() {
        let stops = [
            stop("a", &[To::AwaitPoint(1)], &[]),
            stop("b", &[To::AwaitPoint(2)], &[]),
            stop("c", &[To::AwaitPoint(1), To::AwaitPoint(3)], &[]),
            stop("d", &[To::AwaitPoint(0)], &[]),
        ];
        drawn(
            &[To::AwaitPoint(0)],
            &stops,
            &[
                "      ●",
                "      ↓",
                "╭───→ a",
                "│     ↓",
                "│ ╭─→ b",
                "│ │   ↓",
                "│ ╰── c",
                "│     ↓",
                "╰──── d",
            ],
        );
    }

    #[test]
    fn nothing_is_drawn_as_nothing() {
        drawn(&[To::Completed], &[], &["●", "↓", "completed"]);
    }
}
