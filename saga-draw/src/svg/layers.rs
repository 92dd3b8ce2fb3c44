//! Layered layout: the layer of each node, its order in the layer, and its horizontal position. After Sugiyama, Tagawa
//! and Toda, *Methods for Visual Understanding of Hierarchical System Structures* (1981); positions by isotonic
//! regression.

use super::canvas::Px;

/// A node's reach to the left and right of its entry, and the offset of its exit from the entry.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) left: Px,
    pub(super) right: Px,
    pub(super) exit: Px,
}

/// The gap between neighbours.
const GAP: Px = 44;
/// The extent of a line that passes a layer.
const PASSING: Extent = Extent { left: 4, right: 4, exit: 0 };
/// The number of sweeps. The last one goes down, which keeps sequences straight.
const SWEEPS: usize = 13;

/// Nodes in their positions. Nodes after the given ones stand for lines that pass a layer.
pub(super) struct Layers {
    pub(super) extents: Vec<Extent>,
    /// The layer of each node.
    pub(super) layer: Vec<usize>,
    /// The nodes of each layer, from left to right.
    pub(super) rows: Vec<Vec<usize>>,
    /// The entry of each node.
    pub(super) x: Vec<Px>,
    /// For each link, the nodes it passes, both ends included; for a link that goes back, only its ends.
    pub(super) chains: Vec<Vec<usize>>,
    /// For each link, true if it goes back.
    pub(super) back: Vec<bool>,
}

impl Layers {
    /// Lays out nodes with links; node 0 is the first.
    pub(super) fn of(extents: Vec<Extent>, links: &[(usize, usize)]) -> Self {
        let back = going_back(extents.len(), links);
        let layer = layers(extents.len(), links, &back);
        let mut layers = Self { extents, layer, rows: Vec::new(), x: Vec::new(), chains: Vec::new(), back };
        for (number, (from, to)) in links.iter().enumerate() {
            let mut chain = vec![*from];
            if !layers.back[number] {
                for layer in layers.layer[*from] + 1..layers.layer[*to] {
                    layers.extents.push(PASSING);
                    layers.layer.push(layer);
                    chain.push(layers.extents.len() - 1);
                }
            }
            chain.push(*to);
            layers.chains.push(chain);
        }
        let deepest = layers.layer.iter().max().copied().unwrap_or(0);
        layers.rows = vec![Vec::new(); deepest + 1];
        layers.layer.iter().enumerate().for_each(|(node, layer)| layers.rows[*layer].push(node));
        let (above, below) = layers.neighbours();
        layers.order(&above, &below);
        layers.position(&above, &below);
        layers
    }

    /// Returns, for each node, its linked nodes in the layer above and in the layer below.
    fn neighbours(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let (mut above, mut below) = (vec![Vec::new(); self.layer.len()], vec![Vec::new(); self.layer.len()]);
        for chain in self.chains.iter().zip(&self.back).filter(|(_, back)| !**back).map(|(chain, _)| chain) {
            for pair in chain.windows(2) {
                above[pair[1]].push(pair[0]);
                below[pair[0]].push(pair[1]);
            }
        }
        (above, below)
    }

    /// Moves each node to the middle of its neighbours, row by row, down and up.
    fn order(&mut self, above: &[Vec<usize>], below: &[Vec<usize>]) {
        let mut at = vec![0; self.layer.len()];
        for sweep in 0..SWEEPS {
            for row in in_turn(self.rows.len(), sweep) {
                self.rows.iter().for_each(|row| row.iter().enumerate().for_each(|(n, node)| at[*node] = n));
                let near = if sweep.is_multiple_of(2) { above } else { below };
                self.rows[row].sort_by_key(|node| match near[*node].len() {
                    0 => at[*node] * 1000,
                    count => near[*node].iter().map(|other| at[*other] * 1000).sum::<usize>() / count,
                });
            }
        }
    }

    fn position(&mut self, above: &[Vec<usize>], below: &[Vec<usize>]) {
        self.x = vec![0; self.layer.len()];
        for row in &self.rows {
            let mut right = 0;
            for node in row {
                self.x[*node] = right + self.extents[*node].left;
                right = self.x[*node] + self.extents[*node].right + GAP;
            }
        }
        for sweep in 0..SWEEPS {
            for row in in_turn(self.rows.len(), sweep) {
                let wanted: Vec<Px> =
                    self.rows[row].iter().map(|node| self.wanted(*node, above, below, sweep)).collect();
                self.settle(row, &wanted);
            }
        }
        let leftmost =
            (0..self.x.len()).map(|node| self.x[node] - self.extents[node].left).min().unwrap_or(0);
        self.x.iter_mut().for_each(|x| *x -= leftmost);
    }

    /// Returns the position at which the node is straight below or above its linked nodes.
    fn wanted(&self, node: usize, above: &[Vec<usize>], below: &[Vec<usize>], sweep: usize) -> Px {
        let exit = |node: usize| self.extents[node].exit;
        let from_above = above[node].iter().map(|other| self.x[*other] + exit(*other));
        let from_below = below[node].iter().map(|other| self.x[*other] - exit(node));
        let wanted: Vec<Px> =
            if sweep.is_multiple_of(2) { from_above.collect() } else { from_below.collect() };
        match Px::try_from(wanted.len()) {
            Ok(count) if count > 0 => wanted.iter().sum::<Px>() / count,
            _ => self.x[node],
        }
    }

    /// Places the nodes of a row as near as possible to the wanted positions, with gaps kept. Neighbours that are too
    /// near form a group around their mean.
    fn settle(&mut self, row: usize, wanted: &[Px]) {
        let row = &self.rows[row];
        let mut offset = 0;
        let mut groups: Vec<Near> = Vec::new();
        for (number, node) in row.iter().enumerate() {
            if let Some(before) = number.checked_sub(1) {
                offset += self.extents[row[before]].right + GAP + self.extents[*node].left;
            }
            // Straight passing lines have priority.
            let weight = if self.extents[*node].left == PASSING.left { 4 } else { 1 };
            let sum = (wanted[number] - offset) * weight;
            let mut group = Near { sum, weight, nodes: vec![(*node, offset)] };
            while let Some(last) = groups.pop_if(|last| last.mean() > group.mean()) {
                group.sum += last.sum;
                group.weight += last.weight;
                group.nodes.splice(0..0, last.nodes);
            }
            groups.push(group);
        }
        for group in groups {
            let mean = group.mean();
            group.nodes.into_iter().for_each(|(node, offset)| self.x[node] = mean + offset);
        }
    }
}

/// Nodes at the minimum distance from each other.
struct Near {
    sum: Px,
    weight: Px,
    /// Each with its distance from the left of the row.
    nodes: Vec<(usize, Px)>,
}

impl Near {
    fn mean(&self) -> Px {
        self.sum / self.weight
    }
}

/// Returns the rows in the order of a sweep: down, then up.
fn in_turn(rows: usize, sweep: usize) -> Box<dyn Iterator<Item = usize>> {
    if sweep.is_multiple_of(2) { Box::new(0..rows) } else { Box::new((0..rows).rev()) }
}

/// Returns, for each link, true if its target is already on the path from the start.
fn going_back(nodes: usize, links: &[(usize, usize)]) -> Vec<bool> {
    let mut back = vec![false; links.len()];
    let mut state = vec![Visit::Unseen; nodes];
    for first in 0..nodes {
        visit(first, links, &mut state, &mut back);
    }
    back
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Unseen,
    Open,
    Closed,
}

fn visit(node: usize, links: &[(usize, usize)], state: &mut [Visit], back: &mut [bool]) {
    if state[node] != Visit::Unseen {
        return;
    }
    state[node] = Visit::Open;
    for (number, (_, to)) in links.iter().enumerate().filter(|(_, (from, _))| *from == node) {
        back[number] = state[*to] == Visit::Open;
        visit(*to, links, state, back);
    }
    state[node] = Visit::Closed;
}

/// Puts each node one layer below the lowest node that leads to it.
fn layers(nodes: usize, links: &[(usize, usize)], back: &[bool]) -> Vec<usize> {
    let mut layer = vec![0; nodes];
    let forward: Vec<&(usize, usize)> =
        links.iter().zip(back).filter(|(_, b)| !**b).map(|(l, _)| l).collect();
    for _ in 0..nodes {
        for (from, to) in &forward {
            layer[*to] = layer[*to].max(layer[*from] + 1);
        }
    }
    layer
}
