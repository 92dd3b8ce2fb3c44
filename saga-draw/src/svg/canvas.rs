//! Shapes in pixels, and how they are written in SVG. No layout: who draws says where.

use crate::text::put;

/// A length or a position.
pub(super) type Px = i32;

/// How many pixels a letter of a name takes, and one of small print: the fonts are monospaced.
pub(super) const LETTER: Px = 8;
pub(super) const SMALL_LETTER: Px = 7;

/// What a text's position is the position of.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Something drawn. A class says what it looks like, on light ground and on dark.
pub(super) enum Shape {
    Rect {
        class: &'static str,
        x: Px,
        y: Px,
        w: Px,
        h: Px,
        round: Px,
    },
    Dot {
        class: &'static str,
        x: Px,
        y: Px,
        r: Px,
    },
    Text {
        class: &'static str,
        anchor: Anchor,
        x: Px,
        y: Px,
        text: String,
    },
    /// A line through points, its corners rounded.
    Line {
        class: &'static str,
        points: Vec<(Px, Px)>,
        arrow: bool,
    },
}

/// Something laid out, in coordinates of its own.
pub(super) struct Block {
    pub(super) w: Px,
    pub(super) h: Px,
    /// Where it is entered, at its top, and left, at its bottom.
    pub(super) entry: Px,
    pub(super) exit: Px,
    /// How far what is seen is from its top, and from its bottom.
    pub(super) inset: Px,
    /// Where a failure leaves it, at its left: how far from there, and from its top.
    pub(super) fails: (Px, Px),
    pub(super) shapes: Vec<Shape>,
}

impl Block {
    /// Puts it at a position.
    pub(super) fn put_at(self, x: Px, y: Px, shapes: &mut Vec<Shape>) {
        shapes.extend(self.shapes.into_iter().map(|shape| shape.moved(x, y)));
    }
}

impl Shape {
    pub(super) fn text(class: &'static str, anchor: Anchor, x: Px, y: Px, text: impl Into<String>) -> Self {
        Shape::Text { class, anchor, x, y, text: text.into() }
    }

    fn moved(self, dx: Px, dy: Px) -> Self {
        match self {
            Shape::Rect { class, x, y, w, h, round } => {
                Shape::Rect { class, x: x + dx, y: y + dy, w, h, round }
            }
            Shape::Dot { class, x, y, r } => Shape::Dot { class, x: x + dx, y: y + dy, r },
            Shape::Text { class, anchor, x, y, text } => {
                Shape::Text { class, anchor, x: x + dx, y: y + dy, text }
            }
            Shape::Line { class, mut points, arrow } => {
                points.iter_mut().for_each(|(x, y)| (*x, *y) = (*x + dx, *y + dy));
                Shape::Line { class, points, arrow }
            }
        }
    }

    /// Writes it.
    pub(super) fn write(&self, to: &mut String) {
        match self {
            Shape::Rect { class, x, y, w, h, round } => put(
                to,
                format_args!(
                    r#"<rect class="{class}" x="{x}" y="{y}" width="{w}" height="{h}" rx="{round}"/>"#
                ),
            ),
            Shape::Dot { class, x, y, r } => {
                put(to, format_args!(r#"<circle class="{class}" cx="{x}" cy="{y}" r="{r}"/>"#));
            }
            Shape::Text { class, anchor, x, y, text } => {
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                let text = escaped(text);
                put(
                    to,
                    format_args!(
                        r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>"#
                    ),
                );
            }
            Shape::Line { class, points, arrow } => {
                let points = straightened(points);
                put(to, format_args!(r#"<path class="line {class}" d="{}"/>"#, rounded(&points)));
                if let (true, Some(head)) = (*arrow, head(&points)) {
                    put(to, format_args!(r#"<path class="head {class}" d="{head}"/>"#));
                }
            }
        }
    }
}

/// Without points that change no direction.
fn straightened(points: &[(Px, Px)]) -> Vec<(Px, Px)> {
    let mut straight: Vec<(Px, Px)> = Vec::new();
    for point in points {
        if straight.last() == Some(point) {
            continue;
        }
        if let [.., a, b] = straight[..]
            && ((a.0 == b.0 && b.0 == point.0) || (a.1 == b.1 && b.1 == point.1))
        {
            straight.pop();
        }
        straight.push(*point);
    }
    straight
}

const ROUND: Px = 7;

fn rounded(points: &[(Px, Px)]) -> String {
    let mut path = String::new();
    for (number, (x, y)) in points.iter().enumerate() {
        match (number.checked_sub(1).map(|n| points[n]), points.get(number + 1)) {
            (None, _) => path.push_str(&format!("M{x} {y}")),
            (_, None) => path.push_str(&format!("L{x} {y}")),
            (Some(before), Some(after)) => {
                let (a, b) = (towards((*x, *y), before), towards((*x, *y), *after));
                path.push_str(&format!("L{} {}Q{x} {y} {} {}", a.0, a.1, b.0, b.1));
            }
        }
    }
    path
}

/// A point on the way from a corner, as far as the rounding reaches.
fn towards(from: (Px, Px), to: (Px, Px)) -> (Px, Px) {
    let step = |from: Px, to: Px| from + (to - from).signum() * ROUND.min((to - from).abs() / 2);
    (step(from.0, to.0), step(from.1, to.1))
}

/// The head of an arrow along the last piece of a line.
fn head(points: &[(Px, Px)]) -> Option<String> {
    let [.., (fx, fy), (x, y)] = points[..] else { return None };
    let (dx, dy) = ((x - fx).signum(), (y - fy).signum());
    let (bx, by) = (x - 8 * dx, y - 8 * dy);
    let (sx, sy) = (4 * dy, 4 * dx);
    Some(format!("M{x} {y}L{} {}L{} {}Z", bx + sx, by + sy, bx - sx, by - sy))
}

/// The text in XML; what XML cannot hold is left out.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// How wide a text is.
pub(super) fn width(text: &str, letter: Px) -> Px {
    Px::try_from(text.chars().count()).unwrap_or(Px::MAX / 64).min(Px::MAX / 64) * letter
}
