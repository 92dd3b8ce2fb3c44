//! The lines of the way forward. They go down through the layers, and across in the gaps between them, each on its own
//! track. Lines that go back run up at the right.

use super::canvas::{Anchor, Px, SMALL_LETTER, Shape, width};
use super::layers::{Extent, Layers};

/// A move on the way forward.
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: Kind,
}

impl Link {
    /// Reserves room for the label at the start of the line.
    pub(super) fn reserve(&self, extent: &mut Extent) {
        match self.kind {
            Kind::Failed => {
                extent.right = extent.right.max(extent.exit + FAILED_ASIDE + 5 + width(FAILED, SMALL_LETTER));
            }
            Kind::Either => extent.left = extent.left.max(5 + width(EITHER, SMALL_LETTER) - extent.exit),
            Kind::Forward | Kind::NoReturn => {}
        }
    }
}

const FAILED: &str = "failed";
const EITHER: &str = "done or failed";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Forward,
    NoReturn,
    Failed,
    Either,
}

/// The distance between tracks.
const TRACK: Px = 10;
/// The offset of a backward line from the other exits. `FAILED_ASIDE` is that of a failure line.
const LOOP_ASIDE: Px = 14;
const FAILED_ASIDE: Px = 26;

/// The positions of the layers and of the lines between them.
pub(super) struct Routes {
    /// The top of each layer.
    pub(super) tops: Vec<Px>,
    pub(super) heights: Vec<Px>,
    /// The height of the point of no return in the gap below each layer; `None` if it is elsewhere.
    pub(super) no_return: Vec<Option<Px>>,
    pub(super) bottom: Px,
    /// The right end of all lines.
    pub(super) right: Px,
    /// For each link, the height at which it crosses each gap.
    tracks: Vec<Vec<Px>>,
    /// For each backward link: the height below its start, the height above its end, and its x coordinate at the right.
    loops: Vec<Option<(Px, Px, Px)>>,
}

/// A piece of a line that crosses a gap.
struct Across {
    link: usize,
    piece: usize,
    from: Px,
    to: Px,
    track: Px,
}

impl Routes {
    /// Routes all links. `fails` has the number of lines to the way back above and below each layer.
    pub(super) fn of(
        layers: &Layers,
        links: &[Link],
        heights: &[Px],
        fails: (&[Px], &[Px]),
        right: Px,
    ) -> Self {
        let gaps = layers.rows.len();
        let mut routes = Self {
            tops: vec![0; gaps],
            heights: heights.to_vec(),
            no_return: vec![None; gaps],
            bottom: 0,
            right,
            tracks: layers.chains.iter().map(|chain| vec![0; chain.len()]).collect(),
            loops: vec![None; links.len()],
        };
        let above_first = loops_into(layers, links, 0) * TRACK;
        let mut y = if above_first > 0 || fails.0[0] > 0 { above_first + fails.0[0] * 6 + 18 } else { 0 };
        for (gap, height) in heights.iter().enumerate() {
            routes.tops[gap] = y;
            y += height;
            let is_last = gap + 1 == gaps;
            let mut across = across(layers, links, gap);
            let tracks = assign(&mut across);
            let labels = links.iter().any(|link| {
                matches!(link.kind, Kind::Failed | Kind::Either) && layers.layer[link.from] == gap
            });
            let (out, into) = (loops_from(layers, links, gap), loops_into(layers, links, gap + 1));
            y += if fails.1[gap] > 0 { 12 + fails.1[gap] * 6 } else { 0 };
            y += if labels { 16 } else { 0 };
            if links.iter().any(|link| link.kind == Kind::NoReturn && layers.layer[link.from] == gap) {
                routes.no_return[gap] = Some(y + 26);
                y += 34;
            }
            routes.go_round(layers, links, gap, y + 6, true);
            y += out * TRACK;
            for piece in across {
                routes.tracks[piece.link][piece.piece] = y + 10 + piece.track * TRACK;
            }
            y += tracks * TRACK;
            if is_last {
                break;
            }
            routes.go_round(layers, links, gap + 1, y + 12, false);
            y += into * TRACK + fails.0[gap + 1] * 6;
            y += if fails.0[gap + 1] > 0 { 34 } else { 28 };
        }
        if loops_into(layers, links, 0) > 0 {
            routes.go_round(layers, links, 0, 4, false);
        }
        routes.bottom = y;
        routes
    }

    /// Sets the heights of backward lines in a gap, at their start or at their end.
    fn go_round(&mut self, layers: &Layers, links: &[Link], layer: usize, mut y: Px, begin: bool) {
        for (number, link) in links.iter().enumerate().filter(|(number, _)| layers.back[*number]) {
            let at = if begin { link.from } else { link.to };
            if layers.layer.get(at) != Some(&layer) {
                continue;
            }
            let right = self.loops[number].map_or_else(|| self.beside(layers, link), |known| known.2);
            let known = self.loops[number].get_or_insert((0, 0, right));
            if begin {
                known.0 = y
            } else {
                known.1 = y
            }
            y += TRACK;
        }
    }

    /// Returns the x coordinate of a backward line, to the right of everything it passes and of other such lines.
    fn beside(&mut self, layers: &Layers, link: &Link) -> Px {
        let passed = &layers.rows[layers.layer[link.to]..=layers.layer[link.from]];
        let right = |node: &usize| layers.x[*node] + layers.extents[*node].right;
        let mut right = passed.iter().flatten().map(right).max().unwrap_or(0) + 20;
        while self.loops.iter().flatten().any(|known| (known.2 - right).abs() < 10) {
            right += 12;
        }
        self.right = self.right.max(right + 4);
        right
    }

    /// Draws all lines. `tops` has the top and the bottom of each node.
    pub(super) fn paint(&self, layers: &Layers, links: &[Link], tops: &[(Px, Px)], shapes: &mut Vec<Shape>) {
        for (number, link) in links.iter().enumerate() {
            let class = match link.kind {
                Kind::Failed => "failed",
                Kind::NoReturn => "forward crossing",
                Kind::Forward | Kind::Either => "forward",
            };
            let points = match self.loops[number] {
                Some((low, high, right)) => {
                    let out = layers.x[link.from] + layers.extents[link.from].exit + aside(link) + LOOP_ASIDE;
                    let into = layers.x[link.to] + LOOP_ASIDE;
                    let (bottom, top) = (tops[link.from].1, tops[link.to].0);
                    vec![(out, bottom), (out, low), (right, low), (right, high), (into, high), (into, top)]
                }
                None => self.down(number, layers, link, tops),
            };
            let (x, y) = points[0];
            shapes.push(Shape::Line { class, points, arrow: true });
            if links[..number].iter().any(|other| (other.from, other.kind) == (link.from, link.kind)) {
                continue;
            }
            match link.kind {
                Kind::Failed => {
                    shapes.push(Shape::text("small failed", Anchor::Start, x + 5, y + 14, FAILED));
                }
                // The backward line is at its left.
                Kind::Either if self.loops[number].is_some() => {
                    shapes.push(Shape::text("small", Anchor::Start, x + 5, y + 14, EITHER));
                }
                Kind::Either => {
                    shapes.push(Shape::text("small", Anchor::End, x - 5, y + 14, EITHER));
                }
                Kind::Forward | Kind::NoReturn => {}
            }
        }
    }

    fn down(&self, number: usize, layers: &Layers, link: &Link, tops: &[(Px, Px)]) -> Vec<(Px, Px)> {
        let chain = &layers.chains[number];
        let mut points = Vec::new();
        for (piece, pair) in chain.windows(2).enumerate() {
            let (from, to) = ends(layers, link, piece, pair);
            if piece == 0 {
                points.push((from, tops[pair[0]].1));
            }
            match self.tracks[number][piece] {
                // A nearly straight line is drawn straight.
                0 => points.push((from, tops[pair[1]].0)),
                y => points.extend([(from, y), (to, y)]),
            }
        }
        if let (Some(last), Some((x, _))) = (chain.last(), points.last().copied()) {
            points.push((x, tops[*last].0));
        }
        points
    }
}

fn aside(link: &Link) -> Px {
    if link.kind == Kind::Failed { FAILED_ASIDE } else { 0 }
}

/// Returns the start and the end of a piece of a link.
fn ends(layers: &Layers, link: &Link, piece: usize, pair: &[usize]) -> (Px, Px) {
    let aside = if piece == 0 { aside(link) } else { 0 };
    (layers.x[pair[0]] + layers.extents[pair[0]].exit + aside, layers.x[pair[1]])
}

/// Returns the pieces that cross the gap below a layer.
fn across(layers: &Layers, links: &[Link], gap: usize) -> Vec<Across> {
    let mut found = Vec::new();
    for (number, link) in links.iter().enumerate().filter(|(number, _)| !layers.back[*number]) {
        for (piece, pair) in layers.chains[number].windows(2).enumerate() {
            let (from, to) = ends(layers, link, piece, pair);
            if layers.layer[pair[0]] == gap && (from - to).abs() > 3 {
                found.push(Across { link: number, piece, from, to, track: 0 });
            }
        }
    }
    found
}

/// Assigns each piece a track without overlaps; returns the number of tracks.
fn assign(across: &mut [Across]) -> Px {
    across.sort_by_key(|piece| (piece.from.min(piece.to), piece.from.max(piece.to)));
    for number in 0..across.len() {
        let (before, this) = across.split_at_mut(number);
        let this = &mut this[0];
        let meets = |other: &&Across| {
            let apart = other.from.max(other.to) + 12 < this.from.min(this.to)
                || this.from.max(this.to) + 12 < other.from.min(other.to);
            !apart && other.from != this.from && other.to != this.to
        };
        let taken: Vec<Px> = before.iter().filter(meets).map(|other| other.track).collect();
        this.track = (0..).find(|track| !taken.contains(track)).unwrap_or(0);
    }
    across.iter().map(|piece| piece.track + 1).max().unwrap_or(0)
}

fn loops_from(layers: &Layers, links: &[Link], layer: usize) -> Px {
    count(layers, links, |link| layers.layer[link.from] == layer)
}

fn loops_into(layers: &Layers, links: &[Link], layer: usize) -> Px {
    count(layers, links, |link| layers.layer[link.to] == layer)
}

fn count(layers: &Layers, links: &[Link], fits: impl Fn(&Link) -> bool) -> Px {
    let loops = links.iter().zip(&layers.back).filter(|(link, back)| **back && fits(link)).count();
    Px::try_from(loops).unwrap_or(0)
}
