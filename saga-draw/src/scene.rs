//! The automaton as nodes, groups and edges, for languages with their own layout.
//!
//! The way back is drawn in the order of undoing. It leads from a failing place to the undo of the step before it. From
//! there it leads to the earlier undos, until the saga is rolled back.

use crate::reading::{Doubt, Move, Reading, Then, Undo, When, child_undone_by, doubt, undo_of_step, words};
use crate::text::{branch_title, title};
use saga_core::Kind;
use saga_core::graph::{Graph, To, What};

/// The look of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    Start,
    Step,
    Readonly,
    Retriable,
    Irreversible,
    Wait,
    Fork,
    Undo,
    /// The start of several independent undos.
    UndoFork,
    Doubt,
    Completed,
    RolledBack,
    DeadLetter,
}

/// A node of the drawing.
pub(super) struct Node {
    pub(super) look: Look,
    /// Its name, and the words below it.
    pub(super) lines: Vec<String>,
    /// True if it stands for any number of equal nodes.
    pub(super) many: bool,
    /// True if it is past the point of no return.
    pub(super) past: bool,
}

impl Node {
    /// Returns its lines of text.
    pub(super) fn shown(&self) -> Vec<String> {
        let mut lines = self.lines.clone();
        if let Some(name) = lines.first_mut() {
            match self.look {
                Look::Undo => name.insert_str(0, "↶ "),
                Look::Doubt => name.insert_str(0, "? "),
                _ => {}
            }
            name.push_str(if self.many { " × n" } else { "" });
        }
        lines.extend(self.past.then(|| "forward only".to_owned()));
        lines
    }
}

/// The meaning of an edge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    Forward,
    NoReturn,
    Failed,
    /// The way back.
    Undo,
    /// From a step to its undo.
    UndoneBy,
    Doubt,
}

/// An edge from node to node.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) line: Line,
    pub(super) label: &'static str,
}

/// An item of a group: a node, or another group.
pub(super) enum Item {
    Node(usize),
    Group(Group),
}

/// Items that are drawn together.
pub(super) struct Group {
    pub(super) title: String,
    /// True if its items run at the same time.
    pub(super) fork: bool,
    pub(super) items: Vec<Item>,
}

impl Group {
    /// Returns true if the node is directly in this group.
    pub(super) fn holds(&self, node: usize) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Node(number) if *number == node))
    }
}

/// A whole drawing.
pub(super) struct Scene {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    pub(super) root: Group,
}

impl Scene {
    /// Builds the scene of a graph.
    pub(super) fn of(graph: &Graph) -> Self {
        let mut painter = Painter { nodes: Vec::new(), edges: Vec::new(), dead_letter: None };
        let title = format!("{} v{}", graph.saga, graph.version);
        let mut root = Group { title, fork: false, items: Vec::new() };
        painter.level(graph, false, &mut root.items);
        if let Some(dead_letter) = painter.dead_letter {
            root.items.push(Item::Node(dead_letter));
        }
        Self { nodes: painter.nodes, edges: painter.edges, root }
    }
}

struct Painter {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// The drawing's only node for dead letters; `None` until an edge leads there.
    dead_letter: Option<usize>,
}

/// A drawn place: its entry, its exit, and its undos.
struct Drawn {
    entry: usize,
    done: usize,
    failed: usize,
    /// True if some of its items may be done when it fails.
    several: bool,
    /// The independent undos of its items.
    undo: Vec<usize>,
    /// The node at which the way back enters them; `None` if there are none.
    back: Option<usize>,
}

/// The nodes that every graph has.
struct Frame {
    start: usize,
    completed: Option<usize>,
    rolled_back: Option<usize>,
}

impl Painter {
    fn node(&mut self, look: Look, lines: Vec<String>, into: &mut Vec<Item>) -> usize {
        self.nodes.push(Node { look, lines, many: false, past: false });
        into.push(Item::Node(self.nodes.len() - 1));
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, line: Line, label: &'static str) {
        let same = |edge: &Edge| (edge.from, edge.to, edge.line) == (from, to, line);
        if !self.edges.iter().any(same) {
            self.edges.push(Edge { from, to, line, label });
        }
    }

    /// Draws a graph with everything in it; returns its frame.
    fn level(&mut self, graph: &Graph, past: bool, into: &mut Vec<Item>) -> Frame {
        let reading = Reading::of(graph, past);
        let start = self.node(Look::Start, Vec::new(), into);
        let drawn: Vec<Drawn> = (graph.await_points.iter().enumerate())
            .map(|(number, place)| self.place(&place.what, title(place), reading.past[number], into))
            .collect();
        let moves: Vec<Vec<Move>> =
            (0..graph.await_points.len()).map(|number| reading.moves(number)).collect();
        let goes =
            |wanted: To| graph.start.contains(&wanted) || moves.iter().flatten().any(|to| to.to == wanted);
        let completed =
            goes(To::Completed).then(|| self.node(Look::Completed, vec!["completed".to_owned()], into));
        let rolled_back =
            goes(To::RollingBack).then(|| self.node(Look::RolledBack, vec!["rolled back".to_owned()], into));
        let frame = Frame { start, completed, rolled_back };
        self.forward(graph, &drawn, &moves, &frame);
        self.backward(graph, &drawn, &moves, &frame);
        frame
    }

    fn forward(&mut self, graph: &Graph, drawn: &[Drawn], moves: &[Vec<Move>], frame: &Frame) {
        let node = |to: To| match to {
            To::AwaitPoint(number) => Some(drawn[number].entry),
            To::Completed => frame.completed,
            To::RollingBack => None,
        };
        for to in graph.start {
            if let Some(to) = node(*to) {
                self.edge(frame.start, to, Line::Forward, "");
            }
        }
        for (from, moves) in drawn.iter().zip(moves) {
            for go in moves {
                let Some(to) = node(go.to) else { continue };
                match go.when {
                    When::Failed => self.edge(from.failed, to, Line::Failed, "failed"),
                    When::Done | When::Either if go.crosses => {
                        self.edge(from.done, to, Line::NoReturn, "point of no return");
                    }
                    When::Either => self.edge(from.done, to, Line::Forward, "done or failed"),
                    When::Done | When::Exhausted => self.edge(from.done, to, Line::Forward, ""),
                }
            }
        }
    }

    /// Draws the way back: from each place that can fail to the undos of the places before it.
    fn backward(&mut self, graph: &Graph, drawn: &[Drawn], moves: &[Vec<Move>], frame: &Frame) {
        let Some(rolled_back) = frame.rolled_back else { return };
        let before = |number: usize, seen: &mut Vec<usize>| {
            let mut back = Vec::new();
            owed_before(number, graph, drawn, moves, seen, &mut back);
            back
        };
        let fails = |number: &usize| moves[*number].iter().any(|go| go.to == To::RollingBack);
        let mut reached = Vec::new();
        let mut open = Vec::new();
        for number in (0..drawn.len()).filter(fails) {
            let exhausted = moves[number].iter().any(|go| go.when == When::Exhausted);
            // If one of several concurrent items fails, others may be done.
            let back = match drawn[number].several && !drawn[number].undo.is_empty() {
                true => vec![Some(number)],
                false => before(number, &mut Vec::new()),
            };
            for to in back {
                let label = if exhausted { "exhausted" } else { "failed" };
                let node = to.and_then(|to| drawn[to].back).unwrap_or(rolled_back);
                self.edge(drawn[number].failed, node, Line::Failed, label);
                open.extend(to);
            }
        }
        while let Some(number) = open.pop() {
            if reached.contains(&number) {
                continue;
            }
            reached.push(number);
            for to in before(number, &mut Vec::new()) {
                let node = to.and_then(|to| drawn[to].back).unwrap_or(rolled_back);
                // The turns of a loop need no edge.
                let others = drawn[number].undo.iter().filter(|from| **from != node);
                others.for_each(|from| self.edge(*from, node, Line::Undo, ""));
                open.extend(to);
            }
        }
    }

    /// Draws what is awaited at a place.
    fn place(&mut self, what: &What, title: String, past: bool, into: &mut Vec<Item>) -> Drawn {
        match what.unnamed() {
            What::All(branches) => self.fork(branches, title, past, into),
            What::Each(branch) => {
                let known = self.nodes.len();
                let drawn =
                    self.fork(std::slice::from_ref(*branch), format!("{title}, one for each"), past, into);
                let forks = [drawn.entry, drawn.done];
                let within = |number: &usize| !forks.contains(number);
                let alike: Vec<usize> = (known..self.nodes.len()).filter(within).collect();
                alike.into_iter().for_each(|number| self.nodes[number].many = true);
                drawn
            }
            What::Saga(graph) => self.child(graph, title, past, into),
            leaf => self.leaf(leaf, title, past, into),
        }
    }

    fn fork(&mut self, branches: &[What], title: String, past: bool, into: &mut Vec<Item>) -> Drawn {
        let mut items = Vec::new();
        let entry = self.node(Look::Fork, vec!["fork".to_owned()], &mut items);
        let branches: Vec<Drawn> = branches
            .iter()
            .map(|branch| self.place(branch, branch_title(branch), past, &mut items))
            .collect();
        let join = self.node(Look::Fork, vec!["join".to_owned()], &mut items);
        for branch in &branches {
            self.edge(entry, branch.entry, Line::Forward, "");
            self.edge(branch.done, join, Line::Forward, "");
            if branch.failed != branch.done {
                self.edge(branch.failed, join, Line::Failed, "failed");
            }
        }
        let undo: Vec<usize> = branches.into_iter().flat_map(|branch| branch.undo).collect();
        let back = match undo[..] {
            [] | [_] => undo.first().copied(),
            _ => {
                let back = self.node(Look::UndoFork, Vec::new(), &mut items);
                undo.iter().for_each(|undo| self.edge(back, *undo, Line::Undo, ""));
                Some(back)
            }
        };
        into.push(Item::Group(Group { title, fork: true, items }));
        Drawn { entry, done: join, failed: join, several: true, undo, back }
    }

    fn child(&mut self, graph: &Graph, title: String, past: bool, into: &mut Vec<Item>) -> Drawn {
        let mut items = Vec::new();
        let frame = self.level(graph, past, &mut items);
        into.push(Item::Group(Group {
            title: format!("saga {title} v{}", graph.version),
            fork: false,
            items,
        }));
        let undo = child_undone_by(graph).filter(|_| !past).map(|undo| self.undo(undo, into));
        let done = frame.completed.unwrap_or(frame.start);
        let failed = frame.rolled_back.unwrap_or(done);
        if let Some(undo) = undo {
            self.edge(done, undo, Line::UndoneBy, "");
        }
        let (entry, back) = (frame.start, undo);
        Drawn { entry, done, failed, several: false, undo: undo.into_iter().collect(), back }
    }

    fn leaf(&mut self, what: &What, title: String, past: bool, into: &mut Vec<Item>) -> Drawn {
        let look = match what {
            What::Step(step) if step.kind == Kind::Irreversible => Look::Irreversible,
            What::Step(step) if step.kind == Kind::Readonly => Look::Readonly,
            What::Step(step) if step.retriable => Look::Retriable,
            What::Step(_) => Look::Step,
            // A child without a graph counts as irreversible.
            What::Opaque(_) => Look::Irreversible,
            _ => Look::Wait,
        };
        let lines = std::iter::once(title).chain(words(what).into_iter().map(str::to_owned));
        let node = self.node(look, lines.collect(), into);
        self.nodes[node].past = past;
        let mut undo = None;
        if let What::Step(step) = what {
            undo = undo_of_step(step).filter(|_| !past).map(|undone| self.undo(undone, into));
            if let Some(undo) = undo {
                self.edge(node, undo, Line::UndoneBy, "");
            }
            if let Some(doubt) = doubt(step) {
                self.doubt(node, doubt, into);
            }
            if step.retriable && past {
                let dead_letter = self.dead_letter();
                self.edge(node, dead_letter, Line::Failed, "exhausted");
            }
        }
        let (entry, done, failed) = (node, node, node);
        Drawn { entry, done, failed, several: false, undo: undo.into_iter().collect(), back: undo }
    }

    fn undo(&mut self, undo: Undo, into: &mut Vec<Item>) -> usize {
        let lines = [undo.by, format!("{} {}", undo.verb, undo.of)];
        self.node(Look::Undo, lines.into_iter().chain(undo.more).collect(), into)
    }

    fn doubt(&mut self, step: usize, doubt: Doubt, into: &mut Vec<Item>) {
        let mut from = (step, "in doubt");
        if let Some(asks) = doubt.asks {
            let mut lines = vec![asks.to_owned(), "asked whether it happened".to_owned()];
            lines.extend((doubt.then == Then::Rerun).then(|| "no answer: run again".to_owned()));
            let probe = self.node(Look::Doubt, lines, into);
            self.edge(step, probe, Line::Doubt, "in doubt");
            from = (probe, "no answer");
        }
        match doubt.then {
            Then::Rerun if doubt.asks.is_none() => {
                self.nodes[step].lines.push("in doubt: run again".to_owned());
            }
            Then::Rerun => {}
            Then::DeadLetter => {
                let dead_letter = self.dead_letter();
                self.edge(from.0, dead_letter, Line::Doubt, from.1);
            }
            Then::Settled(by) => {
                let settles = self.node(Look::Doubt, vec![by.to_owned(), "settles it".to_owned()], into);
                self.edge(from.0, settles, Line::Doubt, from.1);
            }
        }
    }

    fn dead_letter(&mut self) -> usize {
        if let Some(known) = self.dead_letter {
            return known;
        }
        let lines = vec!["dead letter".to_owned(), "a person decides".to_owned()];
        self.nodes.push(Node { look: Look::DeadLetter, lines, many: false, past: false });
        *self.dead_letter.insert(self.nodes.len() - 1)
    }
}

/// Returns the places to be undone next once everything before `number` is undone; `None` stands for the end.
fn owed_before(
    number: usize,
    graph: &Graph,
    drawn: &[Drawn],
    moves: &[Vec<Move>],
    seen: &mut Vec<usize>,
    back: &mut Vec<Option<usize>>,
) {
    if seen.contains(&number) {
        return;
    }
    seen.push(number);
    if graph.start.contains(&To::AwaitPoint(number)) && !back.contains(&None) {
        back.push(None);
    }
    for (from, gone) in moves.iter().enumerate() {
        for go in gone.iter().filter(|go| go.to == To::AwaitPoint(number) && !go.crosses) {
            let owed = !drawn[from].undo.is_empty() && (go.when != When::Failed || drawn[from].several);
            if !owed {
                owed_before(from, graph, drawn, moves, seen, back);
            } else if !back.contains(&Some(from)) {
                back.push(Some(from));
            }
        }
    }
}
