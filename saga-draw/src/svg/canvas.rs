//! Shapes in pixels, and their SVG form. No layout: the caller gives positions.

use crate::text::put;

/// A length or a position.
pub(super) type Px = i32;

/// The width in pixels of a letter in names, and in small print. The fonts are monospaced.
pub(super) const LETTER: Px = 8;
pub(super) const SMALL_LETTER: Px = 7;

/// The part of a text that its position refers to.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawn shape. Its class determines the style, on light and dark backgrounds.
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
    /// A line through points, with rounded corners.
    Line {
        class: &'static str,
        points: Vec<(Px, Px)>,
        arrow: bool,
    },
}

/// A laid-out part of the picture, in its own coordinates.
pub(super) struct Block {
    pub(super) w: Px,
    pub(super) h: Px,
    /// The x coordinate of the entry at the top. `exit` is that of the exit at the bottom.
    pub(super) entry: Px,
    pub(super) exit: Px,
    /// The distance from the top, and from the bottom, to the first visible shape.
    pub(super) inset: Px,
    /// The point at which a failure leaves: the distances from the left side and from the top.
    pub(super) fails: (Px, Px),
    pub(super) shapes: Vec<Shape>,
}

impl Block {
    /// Adds its shapes, moved to a position.
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

    /// Writes the shape as SVG.
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

/// Removes points at which the direction does not change.
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

/// Returns the point at which the rounding of a corner begins.
fn towards(from: (Px, Px), to: (Px, Px)) -> (Px, Px) {
    let step = |from: Px, to: Px| from + (to - from).signum() * ROUND.min((to - from).abs() / 2);
    (step(from.0, to.0), step(from.1, to.1))
}

/// Returns an arrowhead at the end of a line.
fn head(points: &[(Px, Px)]) -> Option<String> {
    let [.., (fx, fy), (x, y)] = points[..] else { return None };
    let (dx, dy) = ((x - fx).signum(), (y - fy).signum());
    let (bx, by) = (x - 8 * dx, y - 8 * dy);
    let (sx, sy) = (4 * dy, 4 * dx);
    Some(format!("M{x} {y}L{} {}L{} {}Z", bx + sx, by + sy, bx - sx, by - sy))
}

/// Escapes the text for XML, without the characters that XML cannot hold.
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

/// Returns the width of a text.
pub(super) fn width(text: &str, letter: Px) -> Px {
    Px::try_from(text.chars().count()).unwrap_or(Px::MAX / 64).min(Px::MAX / 64) * letter
}
