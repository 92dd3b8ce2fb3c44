//! The control flow of a saga's body: from which awaits it can go to which, and what may have happened where it fails.
//! An abstract run over the text: it goes on with the set of points at which control may have been last.
//!
//! What is not seen here (a `?` inside a macro, a panic) is held by the machine when the saga runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proc_macro2::Span;
use syn::ExprAwait;
use syn::visit::{self, Visit};

mod pattern;
mod walk;

use crate::signature::Function;
use walk::Walker;
pub(crate) use walk::is_assignment;

/// Where control may have been last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    Start,
    /// At that site, which is done.
    Done(usize),
    /// At that site, which has failed.
    Failed(usize),
}

/// Where control goes next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum To {
    AwaitPoint(usize),
    Completed,
    RollingBack,
}

/// The result of the flow analysis.
pub(crate) struct Flow {
    edges: Edges,
    /// The exits by failure, in the order of the text.
    pub(crate) exits: Vec<Exit>,
}

/// How an exit by failure is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// A `?` behind what that site gave, if it is known of which.
    Question(Option<usize>),
    /// A value that is no `Ok(…)`, at the end or in a `return`.
    Value,
}

/// A place at which the saga may fail.
pub(crate) struct Exit {
    /// Of its first token and of its last.
    pub(crate) ends: (Span, Span),
    /// How it is written.
    pub(crate) by: By,
    /// The sites that may be done by then.
    pub(crate) passed: Vec<usize>,
    /// The sites that may have failed by then, and so are undone; unless what is called there never fails, and its
    /// output only looks like a failure.
    pub(crate) failed: Vec<usize>,
}

impl Flow {
    /// Returns where it goes first.
    pub(crate) fn start(&self) -> Vec<To> {
        self.next(Point::Start)
    }

    /// Returns where it goes when that site is done.
    pub(crate) fn done(&self, site: usize) -> Vec<To> {
        self.next(Point::Done(site))
    }

    /// Returns where it goes when that site has failed.
    pub(crate) fn failed(&self, site: usize) -> Vec<To> {
        self.next(Point::Failed(site))
    }

    fn next(&self, point: Point) -> Vec<To> {
        self.edges.get(&point).into_iter().flatten().copied().collect()
    }
}

/// Follows the flow of a body. `fails` says of each site whether it may fail at all.
pub(crate) fn follow(function: &Function, fails: &[bool]) -> Flow {
    let block = &function.block;
    let mut numbers = Numbers::default();
    numbers.visit_block(block);
    let mut bound: Vec<String> = function.recorded().map(|param| param.ident.to_string()).collect();
    let mut names = pattern::Bound(Vec::new());
    names.visit_block(block);
    bound.extend(names.0);
    debug_assert_eq!(numbers.0.len(), fails.len(), "both passes go the same way");
    let (edges, exits) = Walker::over(block, numbers.0, fails, bound);
    let exit = |(ends, by, from)| {
        let (passed, failed) = passed(&from, &edges);
        Exit { ends, by, passed, failed }
    };
    let exits = exits.into_iter().map(exit).collect();
    Flow { edges, exits }
}

/// Returns the sites that may be done when control has last been at `from`, and those that may have failed.
fn passed(from: &Frontier, edges: &Edges) -> (Vec<usize>, Vec<usize>) {
    let (mut seen, mut done, mut failed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut left: Vec<Point> = from.iter().copied().collect();
    while let Some(point) = left.pop() {
        if !seen.insert(point) {
            continue;
        }
        let site = match point {
            Point::Start => continue,
            Point::Done(site) => {
                done.insert(site);
                site
            }
            // It did not happen, or is undone.
            Point::Failed(site) => {
                failed.insert(site);
                site
            }
        };
        left.extend(
            edges.iter().filter(|(_, to)| to.contains(&To::AwaitPoint(site))).map(|(before, _)| *before),
        );
    }
    (done.into_iter().collect(), failed.into_iter().collect())
}

/// The number of each await, in the order of [`crate::saga::body`].
#[derive(Default)]
struct Numbers(HashMap<*const ExprAwait, usize>);

impl<'ast> Visit<'ast> for Numbers {
    fn visit_expr_await(&mut self, node: &'ast ExprAwait) {
        self.0.insert(node, self.0.len());
        visit::visit_expr_await(self, node);
    }
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Where control may have been last, at some place in the text; nowhere, where it never comes.
type Frontier = BTreeSet<Point>;

/// Where control goes from each point.
type Edges = BTreeMap<Point, BTreeSet<To>>;
