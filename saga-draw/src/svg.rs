//! The automaton as an SVG picture with its own layout, without scripts or external fonts. It sets its own background,
//! light or dark by the reader's preference.

mod blocks;
mod canvas;
mod layers;
mod level;
mod routes;

use crate::text::put;
use canvas::{Anchor, Px, SMALL_LETTER, Shape, escaped, width};
use saga_core::graph::Graph;

/// The margin around the picture.
const MARGIN: Px = 28;
const TITLE: Px = 58;

const STYLE: &str = "\
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#0f172a}
.title{font-size:19px;font-weight:600}
.name{font-size:13px;font-weight:600}
.small{font-size:11px;fill:#475569}
.ground{fill:#ffffff}
.line{fill:none;stroke-width:1.6}
.forward{stroke:#334155}.head.forward{fill:#334155;stroke:none}
.crossing{stroke:#ea580c;stroke-width:3}.head.crossing{fill:#ea580c;stroke:none}
.failed{stroke:#dc2626}.head.failed{fill:#dc2626;stroke:none}
.doubt{stroke:#d97706;stroke-dasharray:2 4;stroke-linecap:round}.head.doubt{fill:#d97706;stroke:none}
.back{stroke:#7c3aed;stroke-width:2;stroke-dasharray:6 5}.head.back{fill:#7c3aed;stroke:none}
.joint{fill:#dc2626}
.no-return{stroke:#ea580c;stroke-width:3;stroke-dasharray:10 4}
text.no-return{stroke:none;fill:#c2410c;font-weight:600}
text.failed{stroke:none;fill:#dc2626}
.beyond{fill:#ea580c;fill-opacity:.07}
.bar{fill:#334155}
.frame{fill:#f8fafc;stroke:#cbd5e1}
.child{fill:#f1f5f9;stroke:#94a3b8}
.together{fill:#f5f3ff;stroke:#c4b5fd;stroke-dasharray:3 4}
.card{stroke-width:1.5}
.step{fill:#dbeafe;stroke:#2563eb}
.readonly{fill:#ffffff;stroke:#64748b;stroke-dasharray:5 4}
.irreversible{fill:#ffedd5;stroke:#ea580c;stroke-width:2.5}
.wait{fill:#fef9c3;stroke:#ca8a04}
.undo{fill:#ede9fe;stroke:#7c3aed;stroke-dasharray:5 4}
.note{fill:#fffbeb;stroke:#d97706;stroke-dasharray:2 3}
.note.dead{fill:#fee2e2;stroke:#dc2626;stroke-dasharray:none}
.end{stroke-width:2}
.completed{fill:#bbf7d0;stroke:#16a34a}
.rolled{fill:#ddd6fe;stroke:#7c3aed}
";

/// The styles that differ on a dark background.
const DARK: &str = "\
text{fill:#f1f5f9}.small{fill:#a8b5c7}.ground{fill:#0d1117}
.forward{stroke:#94a3b8}.head.forward{fill:#94a3b8}
.crossing{stroke:#f97316}.head.crossing{fill:#f97316}
.failed{stroke:#f87171}.head.failed{fill:#f87171}text.failed{fill:#f87171}.joint{fill:#f87171}
.doubt{stroke:#fbbf24}.head.doubt{fill:#fbbf24}
.back{stroke:#a78bfa}.head.back{fill:#a78bfa}
.no-return{stroke:#f97316}text.no-return{fill:#fb923c}.beyond{fill-opacity:.1}
.bar{fill:#94a3b8}.frame{fill:#151b23;stroke:#334155}.child{fill:#1b222c;stroke:#475569}
.together{fill:#1a1630;stroke:#5b4b8a}
.step{fill:#172f5c;stroke:#60a5fa}.readonly{fill:#0d1117;stroke:#94a3b8}
.irreversible{fill:#43200b;stroke:#f97316}.wait{fill:#3a2c07;stroke:#eab308}
.undo{fill:#2a1f4d;stroke:#a78bfa}.note{fill:#2b2208;stroke:#fbbf24}.note.dead{fill:#451519;stroke:#f87171}
.completed{fill:#0f3d24;stroke:#4ade80}.rolled{fill:#36276a;stroke:#a78bfa}
";

/// Returns the whole picture.
pub(super) fn drawn(graph: &Graph) -> String {
    let level = level::level(graph, false);
    let version = format!("version {}", graph.version);
    let legend_w = level.w.max(560);
    let (legend, legend_h) = legend(legend_w);
    let inner = level.w.max(legend_w).max(width(graph.saga, 12) + 20 + width(&version, SMALL_LETTER));
    let (w, h) = (inner + 2 * MARGIN, TITLE + MARGIN + level.h + 34 + legend_h + MARGIN);
    let below = TITLE + MARGIN + level.h + 34;
    let mut shapes = vec![
        Shape::Rect { class: "ground", x: 0, y: 0, w, h, round: 0 },
        Shape::text("title", Anchor::Start, MARGIN, 42, graph.saga),
        Shape::text("small", Anchor::Start, MARGIN + width(graph.saga, 12) + 14, 42, version),
    ];
    let x = MARGIN + (inner - level.w) / 2;
    level.put_at(x, TITLE + MARGIN / 2, &mut shapes);
    let rule = vec![(MARGIN, below - 10), (w - MARGIN, below - 10)];
    shapes.push(Shape::Line { class: "rule", points: rule, arrow: false });
    canvas::Block { w: 0, h: 0, entry: 0, exit: 0, inset: 0, fails: (0, 0), shapes: legend }.put_at(
        MARGIN,
        below,
        &mut shapes,
    );
    let title = escaped(graph.saga);
    let mut text = String::new();
    put(
        &mut text,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             role=\"img\" aria-label=\"The automaton of the saga {title}\">\n<title>{title}</title>\n\
             <style>\n{STYLE}.rule{{stroke:#cbd5e1;stroke-width:1}}\n\
             @media (prefers-color-scheme:dark){{\n{DARK}.rule{{stroke:#334155}}\n}}\n</style>"
        ),
    );
    shapes.iter().for_each(|shape| shape.write(&mut text));
    text.push_str("</svg>\n");
    text
}

/// Returns the legend of lines and cards, in rows of width `w`, and its height.
fn legend(w: Px) -> (Vec<Shape>, Px) {
    const SAMPLES: [(&str, bool, &str); 10] = [
        ("forward", true, "goes on"),
        ("failed", true, "has failed"),
        ("back", true, "undoes, in reverse"),
        ("doubt", true, "in doubt"),
        ("no-return", false, "point of no return"),
        ("card step", false, "step, can be undone"),
        ("card readonly", false, "readonly"),
        ("card irreversible", false, "irreversible"),
        ("card wait", false, "waits"),
        ("undo", false, "compensation"),
    ];
    const SAMPLE: Px = 34;
    let (mut shapes, mut x, mut y) = (Vec::new(), 0, 0);
    for (number, (class, arrow, text)) in SAMPLES.into_iter().enumerate() {
        let wide = SAMPLE + 8 + width(text, SMALL_LETTER) + 22;
        if x > 0 && (x + wide > w || number == 5) {
            (x, y) = (0, y + 26);
        }
        if number < 5 {
            let points = vec![(x, y + 10), (x + SAMPLE, y + 10)];
            shapes.push(Shape::Line { class, points, arrow });
        } else {
            shapes.push(Shape::Rect { class, x: x + 4, y: y + 2, w: SAMPLE - 8, h: 16, round: 4 });
        }
        shapes.push(Shape::text("small", Anchor::Start, x + SAMPLE + 8, y + 14, text));
        x += wide;
    }
    (shapes, y + 26)
}
