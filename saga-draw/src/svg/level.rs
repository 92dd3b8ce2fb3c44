//! The layout of one graph. The way forward runs from top to bottom. At its left, the way back runs from bottom to top,
//! past the undo of each step.

use super::blocks::{Tag, block, undos};
use super::canvas::{Anchor, Block, LETTER, Px, SMALL_LETTER, Shape, width};
use super::layers::{Extent, Layers};
use super::routes::{Kind, Link, Routes};
use crate::reading::{Reading, Undo, When};
use crate::text::title;
use saga_core::graph::{Graph, To, What};

/// The gap between the way back and the way forward.
const ASIDE: Px = 40;
/// The node of the start. The places follow, then the end.
const START: usize = 0;

/// Returns the graph as a block. `past` is true if its start is past the point of no return.
pub(super) fn level(graph: &Graph, past: bool) -> Block {
    let reading = Reading::of(graph, past);
    let links = links(&reading);
    let end = graph.await_points.len() + 1;
    let mut blocks = vec![Some(start())];
    for (place, past) in graph.await_points.iter().zip(&reading.past) {
        blocks.push(Some(block(&place.what, title(place), *past)));
    }
    if links.iter().any(|link| link.to == end) {
        blocks.push(Some(ending("completed", "end completed")));
    }
    let extent = |block: &Option<Block>| match block {
        Some(b) => Extent { left: b.entry, right: b.w - b.entry, exit: b.exit - b.entry },
        None => Extent { left: 0, right: 0, exit: 0 },
    };
    let pairs: Vec<(usize, usize)> = links.iter().map(|link| (link.from, link.to)).collect();
    let mut extents: Vec<Extent> = blocks.iter().map(extent).collect();
    links.iter().for_each(|link| link.reserve(&mut extents[link.from]));
    let mut layers = Layers::of(extents, &pairs);
    let lane = Lane::of(&reading, &layers);
    let aside = if lane.w > 0 { lane.w + ASIDE } else { 0 };
    layers.x.iter_mut().for_each(|x| *x += aside);
    let plan = Plan { reading: &reading, blocks, layers, links, lane };
    plan.painted()
}

struct Plan<'a, 'g> {
    reading: &'a Reading<'g>,
    /// The blocks of the start, the places, and the end.
    blocks: Vec<Option<Block>>,
    layers: Layers,
    links: Vec<Link>,
    lane: Lane,
}

/// Returns the links between nodes, those of the way forward only.
fn links(reading: &Reading<'_>) -> Vec<Link> {
    let graph = reading.graph;
    let node = |to: To| match to {
        To::AwaitPoint(number) => Some(number + 1),
        To::Completed => Some(graph.await_points.len() + 1),
        To::RollingBack => None,
    };
    let first = graph.start.iter().filter_map(|to| node(*to));
    let mut links: Vec<Link> = first.map(|to| Link { from: START, to, kind: Kind::Forward }).collect();
    for number in 0..graph.await_points.len() {
        for go in reading.moves(number) {
            let kind = match go.when {
                When::Failed => Kind::Failed,
                _ if go.crosses => Kind::NoReturn,
                When::Either => Kind::Either,
                When::Done | When::Exhausted => Kind::Forward,
            };
            links.extend(node(go.to).map(|to| Link { from: number + 1, to, kind }));
        }
    }
    links
}

fn start() -> Block {
    let dot = Shape::Dot { class: "bar", x: 8, y: 8, r: 7 };
    Block { w: 16, h: 16, entry: 8, exit: 8, inset: 0, fails: (0, 8), shapes: vec![dot] }
}

fn ending(name: &str, class: &'static str) -> Block {
    let tag = Tag { class, name: name.to_owned(), small: Vec::new(), round: 15 };
    let (w, h) = tag.size();
    Block { w, h, entry: w / 2, exit: w / 2, inset: 0, fails: (0, h / 2), shapes: tag.shapes(0, 0) }
}

/// The way back.
struct Lane {
    w: Px,
    /// For each layer, the groups of undos of its places. The undos in one group are independent.
    groups: Vec<Vec<Vec<Tag>>>,
    /// True if a line leads into the way back.
    is_entered: bool,
}

const PILL_GAP: Px = 8;
const GROUP_GAP: Px = 22;
/// The padding of a group of undos.
const PAD: Px = 10;

impl Lane {
    fn of(reading: &Reading<'_>, layers: &Layers) -> Self {
        let mut groups: Vec<Vec<Vec<Tag>>> = layers.rows.iter().map(|_| Vec::new()).collect();
        for (number, place) in
            reading.graph.await_points.iter().enumerate().filter(|(n, _)| !reading.past[*n])
        {
            let tags: Vec<Tag> = undos(&place.what).into_iter().map(pill).collect();
            if !tags.is_empty() {
                groups[layers.layer[number + 1]].push(tags);
            }
        }
        let is_entered = (0..reading.graph.await_points.len())
            .any(|number| reading.moves(number).iter().any(|go| go.to == To::RollingBack));
        let pills = groups.iter().flatten().flatten();
        let mut w = pills.map(|tag| tag.size().0 + 2 * PAD).max().unwrap_or(0);
        if is_entered {
            w = w.max(width("rolled back", LETTER) + 28);
        }
        Self { w, groups, is_entered }
    }

    fn height(group: &[Tag]) -> Px {
        let pills: Px = group.iter().map(|tag| tag.size().1 + PILL_GAP).sum::<Px>() - PILL_GAP;
        if group.len() > 1 { pills + 2 * PAD + 16 } else { pills }
    }

    fn height_in(&self, layer: usize) -> Px {
        let groups = &self.groups[layer];
        groups.iter().map(|group| Self::height(group) + GROUP_GAP).sum::<Px>().max(GROUP_GAP) - GROUP_GAP
    }
}

fn pill(undo: Undo) -> Tag {
    let small = std::iter::once(format!("{} {}", undo.verb, undo.of)).chain(undo.more).collect();
    Tag { class: "undo", name: format!("↶ {}", undo.by), small, round: 22 }
}

impl Plan<'_, '_> {
    fn painted(mut self) -> Block {
        let right = self.rightmost();
        let fails = self.failures();
        let heights: Vec<Px> = (0..self.layers.rows.len()).map(|layer| self.height(layer)).collect();
        let above = self.count(&fails, true);
        let below = self.count(&fails, false);
        let routes = Routes::of(&self.layers, &self.links, &heights, (&above, &below), right);
        let mut shapes = Vec::new();
        let w = self.beyond(&routes, right, &mut shapes);
        let tops = self.tops(&routes, &heights);
        routes.paint(&self.layers, &self.links, &tops, &mut shapes);
        let mut back = self.failing(&fails, &routes, &tops, &mut shapes);
        self.undoing(&routes, &heights, &tops, &mut back, &mut shapes);
        let (entry, h) = (self.layers.x[START], routes.bottom);
        let end = self.reading.graph.await_points.len() + 1;
        let exit = if self.blocks.len() > end { self.layers.x[end] } else { entry };
        let fails = (0, 14);
        for (node, block) in self.blocks.iter_mut().enumerate() {
            if let Some(block) = block.take() {
                let x = self.layers.x[node] - block.entry;
                let y = tops[node].0 - block.inset;
                block.put_at(x, y, &mut shapes);
            }
        }
        Block { w, h, entry, exit, inset: 0, fails, shapes }
    }

    fn rightmost(&self) -> Px {
        let right = |node: usize| self.layers.x[node] + self.layers.extents[node].right;
        (0..self.layers.x.len()).map(right).max().unwrap_or(0)
    }

    fn height(&self, layer: usize) -> Px {
        let blocks = self.layers.rows[layer].iter().filter_map(|node| self.blocks.get(*node)?.as_ref());
        let own = blocks.map(|block| block.h).max().unwrap_or(0).max(self.lane.height_in(layer));
        if layer == 0 && self.lane.is_entered { own.max(30) } else { own }
    }

    /// Returns the top and the bottom of each node.
    fn tops(&self, routes: &Routes, heights: &[Px]) -> Vec<(Px, Px)> {
        let of = |node: usize| {
            let layer = self.layers.layer[node];
            let (top, high) = (routes.tops[layer], heights[layer]);
            match self.blocks.get(node).and_then(Option::as_ref) {
                Some(block) => {
                    let top = top + (high - block.h) / 2;
                    (top + block.inset, top + block.h - block.inset)
                }
                None => (top, top + high),
            }
        };
        (0..self.layers.layer.len()).map(of).collect()
    }

    /// Returns the nodes from which a failure goes back. The flag is true if the line joins the way back above the
    /// node's own undos.
    fn failures(&self) -> Vec<(usize, bool)> {
        let places = self.reading.graph.await_points.iter().enumerate();
        places
            .filter(|(n, _)| self.reading.moves(*n).iter().any(|go| go.to == To::RollingBack))
            .map(|(n, place)| (n + 1, !matches!(place.what.unnamed(), What::All(_) | What::Each(_))))
            .collect()
    }

    fn count(&self, fails: &[(usize, bool)], above: bool) -> Vec<Px> {
        let mut count = vec![0; self.layers.rows.len()];
        for (node, _) in fails.iter().filter(|(_, at)| *at == above) {
            count[self.layers.layer[*node]] += 1;
        }
        count
    }

    /// Draws the lines to the way back; returns the points at which they join it.
    fn failing(
        &self,
        fails: &[(usize, bool)],
        routes: &Routes,
        tops: &[(Px, Px)],
        shapes: &mut Vec<Shape>,
    ) -> Vec<Px> {
        let mut tracks: Vec<(usize, bool)> = Vec::new();
        let mut joins = Vec::new();
        for (node, above) in fails {
            let layer = self.layers.layer[*node];
            let track = tracks.iter().filter(|track| **track == (layer, *above)).count();
            tracks.push((layer, *above));
            let Some(block) = &self.blocks[*node] else { continue };
            let (left, from) = (
                self.layers.x[*node] - block.entry + block.fails.0,
                tops[*node].0 - block.inset + block.fails.1,
            );
            let track = Px::try_from(track).unwrap_or(0) * 6;
            let y = match above {
                true => routes.tops[layer] - 14 - track,
                false => routes.tops[layer] + routes.heights[layer] + 12 + track,
            };
            let beside = left - 14;
            let points = vec![(left, from), (beside, from), (beside, y), (self.lane.w / 2, y)];
            shapes.push(Shape::Line { class: "failed", points, arrow: false });
            joins.push(y);
        }
        joins
    }

    /// Draws the way back, from its start up to its end.
    fn undoing(
        &mut self,
        routes: &Routes,
        heights: &[Px],
        tops: &[(Px, Px)],
        joins: &mut Vec<Px>,
        shapes: &mut Vec<Shape>,
    ) {
        let (x, mut stations, mut pills) = (self.lane.w / 2, Vec::new(), Vec::new());
        for (layer, height) in heights.iter().enumerate() {
            let mut y = routes.tops[layer] + (height - self.lane.height_in(layer)) / 2;
            for group in std::mem::take(&mut self.lane.groups[layer]) {
                let high = Lane::height(&group);
                stations.push((y, y + high));
                group_at(group, x, y, high, &mut pills);
                y += high + GROUP_GAP;
            }
        }
        let failures = joins.len();
        // A completed saga can be undone too, if all of it can.
        let end = self.reading.graph.await_points.len() + 1;
        let lowest = stations.last().map_or(0, |(_, bottom)| *bottom);
        if let (true, Some(Some(block))) =
            (self.reading.graph.is_undoable() && lowest > 0, self.blocks.get(end))
        {
            let y = (tops[end].0 + tops[end].1) / 2;
            // If the end is above some undos (after a loop), a line would cross them.
            if y > lowest {
                let points = vec![(self.layers.x[end] - block.entry, y), (x, y)];
                shapes.push(Shape::Line { class: "back", points, arrow: false });
                joins.push(y);
            }
        }
        let Some(mut from) = joins.iter().copied().chain([lowest]).max().filter(|_| self.lane.w > 0) else {
            return;
        };
        for (top, bottom) in stations.into_iter().rev() {
            shapes.push(Shape::Line {
                class: "back",
                points: vec![(x, from), (x, bottom)],
                arrow: from > bottom,
            });
            from = top;
        }
        let failures = joins.iter().take(failures);
        let end = Tag { class: "end rolled", name: "rolled back".to_owned(), small: Vec::new(), round: 15 };
        let (wide, high) = end.size();
        let y = routes.tops[0] + (heights[0] - high) / 2;
        shapes.push(Shape::Line { class: "back", points: vec![(x, from), (x, y + high)], arrow: true });
        failures.for_each(|y| shapes.push(Shape::Dot { class: "joint", x, y: *y, r: 3 }));
        shapes.extend(pills);
        shapes.extend(end.shapes(x - wide / 2, y));
    }

    /// Draws the line of the point of no return; returns the total width.
    fn beyond(&self, routes: &Routes, right: Px, shapes: &mut Vec<Shape>) -> Px {
        let label = "point of no return";
        let mut w = right.max(routes.right);
        for (layer, y) in routes.no_return.iter().enumerate().filter_map(|(l, y)| Some((l, (*y)?))) {
            let crossing = |number: &usize| {
                let chain = &self.layers.chains[*number];
                let (first, last) = (self.layers.layer[chain[0]], self.layers.layer[chain[chain.len() - 1]]);
                !self.layers.back[*number] && first <= layer && last > layer
            };
            let others = (0..self.links.len()).filter(crossing).any(|number| {
                let link = &self.links[number];
                let begins = self.layers.layer[link.from];
                link.kind != Kind::NoReturn || begins != layer
            });
            let ports: Vec<Px> = (self.links.iter())
                .filter(|link| link.kind == Kind::NoReturn && self.layers.layer[link.from] == layer)
                .map(|link| self.layers.x[link.from] + self.layers.extents[link.from].exit)
                .collect();
            let rightmost = ports.iter().max().copied().unwrap_or(0);
            let ends = rightmost + 30 + width(label, SMALL_LETTER);
            w = w.max(ends);
            if others {
                for port in ports {
                    let points = vec![(port - 40, y), (port + 40, y)];
                    shapes.push(Shape::Line { class: "no-return", points, arrow: false });
                }
                shapes.push(Shape::text("small no-return", Anchor::Start, rightmost + 46, y + 4, label));
                continue;
            }
            let h = routes.bottom - y + 8;
            shapes.push(Shape::Rect { class: "beyond", x: 0, y, w, h, round: 0 });
            shapes.push(Shape::Line { class: "no-return", points: vec![(0, y), (w, y)], arrow: false });
            shapes.push(Shape::text("small no-return", Anchor::End, w - 4, y - 5, label));
        }
        w
    }
}

/// Draws a group of undos in the middle of the way back.
fn group_at(group: Vec<Tag>, x: Px, mut y: Px, high: Px, shapes: &mut Vec<Shape>) {
    if group.len() > 1 {
        let w = group.iter().map(|tag| tag.size().0).max().unwrap_or(0) + 2 * PAD;
        shapes.push(Shape::Rect { class: "together", x: x - w / 2, y, w, h: high, round: 12 });
        shapes.push(Shape::text("small", Anchor::Middle, x, y + 16, "each by itself"));
        y += PAD + 16;
    }
    for tag in group {
        let (wide, tall) = tag.size();
        shapes.extend(tag.shapes(x - wide / 2, y));
        y += tall + PILL_GAP;
    }
}
