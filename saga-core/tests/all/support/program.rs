//! Small random programs: the automaton that follows from the text of each, and the sites that a run of it leaves.
//! Written from the rules of the body, independent of the code under test.

use proptest::prelude::*;
use saga_core::graph::{AwaitPoint, Definition, Graph, To, What};
use saga_core::policy::{InDoubt, Kind};

/// A piece of a body.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// An await; its failure is handled, or leaves the body.
    Await(Call, bool),
    /// Parts in sequence.
    Sequence(Vec<Piece>),
    /// Two alternatives.
    Either(Box<Piece>, Box<Piece>),
    /// A loop of any number of turns.
    Loop(Box<Piece>),
}

/// The thing awaited.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    /// A step with the name of this index.
    Step(usize),
    /// A retriable step.
    Retriable,
    /// A child saga.
    Child(Box<Piece>),
    /// A tuple of branches.
    All(Vec<Call>),
    /// An iterator of branches.
    Each(Box<Call>),
    /// A call with a name of its own.
    Named(Box<Call>),
}

const STEPS: [&str; 3] = ["hold", "pay", "send"];

/// Returns programs without branches in the text, loops, empty parts or handled failures.
pub(crate) fn straight() -> impl Strategy<Value = Piece> {
    let call = leaf().prop_recursive(3, 12, 3, |call| {
        let body = prop::collection::vec(call.clone().prop_map(|c| Piece::Await(c, false)), 1..4);
        prop_oneof![
            body.prop_map(|body| Call::Child(Box::new(Piece::Sequence(body)))),
            prop::collection::vec(call, 1..4).prop_map(Call::All),
        ]
    });
    prop::collection::vec(call.prop_map(|c| Piece::Await(c, false)), 2..6).prop_map(Piece::Sequence)
}

/// Returns any program.
pub(crate) fn any_program() -> impl Strategy<Value = Piece> {
    let call = leaf().prop_recursive(3, 12, 3, |call| {
        prop_oneof![
            piece(call.clone()).prop_map(|body| Call::Child(Box::new(body))),
            prop::collection::vec(call.clone(), 1..4).prop_map(Call::All),
            call.clone().prop_map(|call| Call::Each(Box::new(call))),
            call.prop_map(|call| Call::Named(Box::new(call))),
        ]
    });
    piece(call)
}

fn leaf() -> impl Strategy<Value = Call> {
    prop_oneof![4 => (0..STEPS.len()).prop_map(Call::Step), 1 => Just(Call::Retriable)]
}

fn piece(call: impl Strategy<Value = Call> + 'static) -> impl Strategy<Value = Piece> {
    let awaited = (call, any::<bool>()).prop_map(|(call, handled)| Piece::Await(call, handled));
    awaited.prop_recursive(4, 16, 4, |piece| {
        prop_oneof![
            prop::collection::vec(piece.clone(), 0..4).prop_map(Piece::Sequence),
            (piece.clone(), piece.clone()).prop_map(|(a, b)| Piece::Either(a.into(), b.into())),
            piece.prop_map(|piece| Piece::Loop(piece.into())),
        ]
    })
}

/// Returns the definition of a step that is undone, or of one that never fails.
pub(crate) fn definition(name: &'static str, retriable: bool) -> Definition {
    Definition {
        name,
        kind: if retriable { Kind::Irreversible } else { Kind::Compensated },
        retriable,
        undone_by: (!retriable).then_some("release"),
        leaves: None,
        undo_within: None,
        probed_by: None,
        in_doubt: InDoubt::Rerun,
        settled_by: None,
        conclusive: None,
    }
}

fn leak<T>(values: Vec<T>) -> &'static [T] {
    values.leak()
}

impl Call {
    fn what(&self) -> What {
        match self {
            Call::Step(index) => What::Step(definition(STEPS[*index], false)),
            Call::Retriable => What::Step(definition("mail", true)),
            Call::Child(body) => What::Saga(Box::leak(Box::new(graph(body)))),
            Call::All(branches) => What::All(leak(branches.iter().map(Call::what).collect())),
            Call::Each(branch) => What::Each(Box::leak(Box::new(branch.what()))),
            Call::Named(call) => What::Named("own", Box::leak(Box::new(call.what()))),
        }
    }

    fn may_fail(&self) -> bool {
        match self {
            Call::Step(_) | Call::Child(_) | Call::All(_) | Call::Each(_) => true,
            Call::Retriable => false,
            Call::Named(call) => call.may_fail(),
        }
    }
}

/// Returns the automaton of a program.
pub(crate) fn graph(program: &Piece) -> Graph {
    let mut writer = Writer::default();
    writer.number(program, 0);
    let mut next = 0;
    let start = writer.connect(program, &[To::Completed], &mut next);
    let places = writer.await_points.into_iter().map(|p| AwaitPoint {
        name: p.name,
        occurrence: p.occurrence,
        loops: p.loops,
        what: p.what,
        done: leak(p.done),
        failed: leak(p.failed),
    });
    Graph { saga: "child", version: 1, start: leak(start), await_points: leak(places.collect()) }
}

#[derive(Default)]
struct Writer {
    await_points: Vec<Draft>,
}

struct Draft {
    name: &'static str,
    occurrence: u32,
    loops: u32,
    what: What,
    done: Vec<To>,
    failed: Vec<To>,
}

impl Writer {
    fn number(&mut self, piece: &Piece, loops: u32) {
        match piece {
            Piece::Await(call, _) => {
                let what = call.what();
                // A name of its own must be unique: it is numbered here, and not by `#`.
                let own = matches!(call, Call::Named(_));
                let name = if own { format!("own-{}", self.await_points.len()).leak() } else { what.label() };
                let alike = self.await_points.iter().filter(|p| p.name == name).count() as u32;
                let draft =
                    Draft { name, occurrence: alike + 1, loops, what, done: Vec::new(), failed: Vec::new() };
                self.await_points.push(draft);
            }
            Piece::Sequence(pieces) => pieces.iter().for_each(|piece| self.number(piece, loops)),
            Piece::Either(a, b) => {
                self.number(a, loops);
                self.number(b, loops);
            }
            Piece::Loop(body) => self.number(body, loops + 1),
        }
    }

    /// Writes the moves of a piece that `next` follows; returns its first moves. `at` is its first place.
    fn connect(&mut self, piece: &Piece, next: &[To], at: &mut usize) -> Vec<To> {
        match piece {
            Piece::Await(call, handled) => {
                let place = *at;
                *at += 1;
                merge(&mut self.await_points[place].done, next);
                if call.may_fail() {
                    let failed = if *handled { next } else { &[To::RollingBack] };
                    merge(&mut self.await_points[place].failed, failed);
                }
                vec![To::AwaitPoint(place)]
            }
            Piece::Sequence(pieces) => {
                let mut starts = vec![*at];
                for piece in pieces {
                    starts.push(starts.last().expect("it has the first") + size(piece));
                }
                *at = *starts.last().expect("it has the first");
                let mut next = next.to_vec();
                for (piece, start) in pieces.iter().zip(starts).rev() {
                    next = self.connect(piece, &next, &mut { start });
                }
                next
            }
            Piece::Either(a, b) => {
                let mut first = self.connect(a, next, at);
                merge(&mut first, &self.connect(b, next, at));
                first
            }
            Piece::Loop(body) => {
                let start = *at;
                let mut again = self.connect(body, next, &mut { start });
                merge(&mut again, next);
                let mut first = self.connect(body, &again, at);
                merge(&mut first, next);
                first
            }
        }
    }
}

fn merge(moves: &mut Vec<To>, more: &[To]) {
    for to in more {
        if !moves.contains(to) {
            moves.push(*to);
        }
    }
}

fn size(piece: &Piece) -> usize {
    match piece {
        Piece::Await(..) => 1,
        Piece::Sequence(pieces) => pieces.iter().map(size).sum(),
        Piece::Either(a, b) => size(a) + size(b),
        Piece::Loop(body) => size(body),
    }
}

/// A run of a program by drawn choices; without `failing` nothing fails.
pub(crate) struct Run<'a> {
    choices: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    failing: bool,
}

type Went = Result<(), ()>;

impl<'a> Run<'a> {
    /// Returns the sites that the program leaves.
    pub(crate) fn sites(program: &Piece, choices: &'a [u8], failing: bool) -> Vec<String> {
        let mut run = Run { choices: choices.iter().cycle(), failing };
        let mut sites = Vec::new();
        // A failure ends the run like a success.
        let (Ok(()) | Err(())) = run.body(program, "", &mut sites);
        sites
    }

    fn draw(&mut self, below: u8) -> u8 {
        self.choices.next().map_or(0, |choice| choice % below)
    }

    fn body(&mut self, body: &Piece, prefix: &str, sites: &mut Vec<String>) -> Went {
        let mut writer = Writer::default();
        writer.number(body, 0);
        self.piece(body, &writer.await_points, &mut 0, &[], prefix, sites)
    }

    fn piece(
        &mut self,
        piece: &Piece,
        places: &[Draft],
        at: &mut usize,
        turns: &[u32],
        prefix: &str,
        sites: &mut Vec<String>,
    ) -> Went {
        match piece {
            Piece::Await(call, handled) => {
                let place = &places[*at];
                *at += 1;
                let mut segment = format!("{prefix}{}", place.name);
                if place.occurrence > 1 {
                    segment.push_str(&format!("#{}", place.occurrence));
                }
                turns.iter().for_each(|turn| segment.push_str(&format!("[{turn}]")));
                let went = self.call(call, &segment, sites);
                if *handled { Ok(()) } else { went }
            }
            Piece::Sequence(pieces) => {
                pieces.iter().try_for_each(|p| self.piece(p, places, at, turns, prefix, sites))
            }
            Piece::Either(a, b) => {
                let (first, end) = (self.draw(2) == 0, *at + size(a) + size(b));
                *at += if first { 0 } else { size(a) };
                let went = self.piece(if first { a } else { b }, places, at, turns, prefix, sites);
                *at = end;
                went
            }
            Piece::Loop(body) => {
                let start = *at;
                for turn in 0..u32::from(self.draw(4)) {
                    let turns = [turns, &[turn]].concat();
                    self.piece(body, places, &mut { start }, &turns, prefix, sites)?;
                }
                *at = start + size(body);
                Ok(())
            }
        }
    }

    fn call(&mut self, call: &Call, segment: &str, sites: &mut Vec<String>) -> Went {
        match call {
            Call::Step(_) | Call::Retriable => {
                sites.push(segment.to_owned());
                let fails = matches!(call, Call::Step(_)) && self.failing && self.draw(4) == 0;
                if fails { Err(()) } else { Ok(()) }
            }
            Call::Child(body) => {
                sites.push(segment.to_owned());
                self.body(body, &format!("{segment}/"), sites)
            }
            Call::Named(call) => self.call(call, segment, sites),
            Call::All(branches) => self.fork(&branches.iter().collect::<Vec<_>>(), segment, sites),
            Call::Each(branch) => {
                let branches = vec![&**branch; usize::from(self.draw(3))];
                self.fork(&branches, segment, sites)
            }
        }
    }

    /// Runs all branches in a drawn interleaving. After a failure no new branch begins.
    fn fork(&mut self, branches: &[&Call], segment: &str, sites: &mut Vec<String>) -> Went {
        let (mut ran, mut failed) = (Vec::new(), false);
        for (number, branch) in branches.iter().enumerate() {
            if failed && self.draw(2) == 0 {
                break;
            }
            let (mut own, label) = (Vec::new(), branch.what().label());
            failed |= self.call(branch, &format!("{segment}.{number}/{label}"), &mut own).is_err();
            ran.push(own.into_iter().peekable());
        }
        while ran.iter_mut().any(|own| own.peek().is_some()) {
            let drawn = usize::from(self.draw(branches.len() as u8));
            let order: Vec<usize> = (0..ran.len()).map(|n| (n + drawn) % ran.len()).collect();
            let own = order.into_iter().find(|n| ran[*n].peek().is_some());
            sites.extend(own.and_then(|n| ran[n].next()));
        }
        if failed { Err(()) } else { Ok(()) }
    }
}
