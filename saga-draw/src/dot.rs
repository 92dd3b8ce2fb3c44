//! A scene in the language DOT of Graphviz.

use crate::scene::{Edge, Group, Item, Line, Look, Node, Scene};
use crate::text::put;

/// Returns the whole text.
pub(super) fn drawn(scene: &Scene) -> String {
    let mut text = format!(
        "digraph {title} {{\n  label={title}; labelloc=t; fontsize=18; bgcolor=\"#ffffff\"; pad=0.3;\n  \
         rankdir=TB; nodesep=0.45; ranksep=0.5; splines=true; fontname=\"Helvetica\";\n  \
         node [fontname=\"Helvetica\", fontsize=12, style=\"filled,rounded\", shape=box, penwidth=1.4];\n  \
         edge [fontname=\"Helvetica\", fontsize=10, color=\"#334155\", fontcolor=\"#334155\", penwidth=1.3];\n",
        title = quoted(&scene.root.title)
    );
    items(scene, &scene.root, 1, &mut 0, &mut text);
    for edge in &scene.edges {
        put(&mut text, format_args!("  {}", line(scene, edge)));
    }
    text.push_str("}\n");
    text
}

fn items(scene: &Scene, group: &Group, depth: usize, groups: &mut usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    for item in &group.items {
        match item {
            // Beside the step that it undoes.
            Item::Node(number) if scene.nodes[*number].look == Look::Undo => {
                let undone =
                    scene.edges.iter().find(|edge| edge.line == Line::UndoneBy && edge.to == *number);
                let beside = undone.map(|edge| edge.from).filter(|from| group.holds(*from));
                let beside = beside.map_or_else(String::new, |from| format!(" n{from};"));
                let node = node(*number, &scene.nodes[*number]);
                put(text, format_args!("{indent}{{ rank=same;{beside} {node} }}"));
            }
            Item::Node(number) => {
                put(text, format_args!("{indent}{}", node(*number, &scene.nodes[*number])));
            }
            Item::Group(group) => {
                *groups += 1;
                put(
                    text,
                    format_args!(
                        "{indent}subgraph cluster_{groups} {{\n{indent}  label={}; labeljust=l; fontsize=12; \
                     style=rounded; color=\"#94a3b8\"; fontcolor=\"#475569\"; bgcolor=\"#f8fafc\";",
                        quoted(&group.title)
                    ),
                );
                items(scene, group, depth + 1, groups, text);
                put(text, format_args!("{indent}}}"));
            }
        }
    }
}

fn node(number: usize, node: &Node) -> String {
    let (fill, stroke, font, more) = match node.look {
        Look::UndoFork => {
            return format!(
                "n{number} [label=\"\", shape=circle, width=0.12, fillcolor=\"#7c3aed\", color=\"#7c3aed\"];"
            );
        }
        Look::Start => {
            return format!(
                "n{number} [label=\"\", shape=circle, width=0.2, fillcolor=\"#475569\", color=\"#475569\"];"
            );
        }
        Look::Fork => {
            return format!(
                "n{number} [label=\"\", shape=box, style=filled, width=2.2, height=0.07, fixedsize=true, \
                 fillcolor=\"#475569\", color=\"#475569\"];"
            );
        }
        Look::Step | Look::Retriable => ("#dbeafe", "#2563eb", "#172554", ""),
        Look::Readonly => ("#f8fafc", "#64748b", "#0f172a", ", style=\"filled,rounded,dashed\""),
        Look::Irreversible => ("#ffedd5", "#ea580c", "#431407", ", penwidth=3"),
        Look::Wait => {
            ("#fef9c3", "#ca8a04", "#422006", ", shape=hexagon, style=filled, margin=\"0.02,0.05\"")
        }
        Look::Undo => ("#ede9fe", "#7c3aed", "#2e1065", ", style=\"filled,rounded,dashed\""),
        Look::Doubt => ("#fffbeb", "#d97706", "#451a03", ", shape=note, style=\"filled,dotted\""),
        Look::Completed => ("#16a34a", "#15803d", "#ffffff", ", peripheries=2"),
        Look::RolledBack => ("#7c3aed", "#6d28d9", "#ffffff", ", peripheries=2"),
        Look::DeadLetter => ("#dc2626", "#b91c1c", "#ffffff", ", peripheries=2"),
    };
    format!(
        "n{number} [label={}, fillcolor=\"{fill}\", color=\"{stroke}\", fontcolor=\"{font}\"{more}];",
        quoted(&node.shown().join("\n"))
    )
}

fn line(scene: &Scene, edge: &Edge) -> String {
    let (from, to, into) = (edge.from, edge.to, scene.nodes[edge.to].look);
    // Graphviz fails on a second edge between neighbours in a row if that edge has a label.
    let second = |other: &Edge| other.line == Line::UndoneBy && (other.from, other.to) == (from, to);
    let bare = edge.line == Line::Failed && scene.edges.iter().any(second);
    let label =
        if edge.label.is_empty() || bare { String::new() } else { format!(" label={},", quoted(edge.label)) };
    let colour = |colour: &str| format!("{label} color=\"{colour}\", fontcolor=\"{colour}\"");
    match edge.line {
        Line::Forward => format!("n{from} -> n{to} [{}];", colour("#334155")),
        Line::NoReturn => format!("n{from} -> n{to} [{}, penwidth=4];", colour("#ea580c")),
        Line::Failed if into == Look::DeadLetter => format!("n{from} -> n{to} [{}];", colour("#dc2626")),
        Line::Failed => format!("n{from} -> n{to} [{}, constraint=false];", colour("#dc2626")),
        // Side by side; the arrow points from the undo to the step that it undoes.
        Line::UndoneBy => format!(
            "n{from} -> n{to} [{}, dir=back, style=dashed, arrowhead=none, arrowtail=vee, constraint=false];",
            colour("#a78bfa")
        ),
        // Reversed for the layout: the way back runs upward beside the way forward.
        Line::Undo => format!("n{to} -> n{from} [{}, dir=back, style=dashed];", colour("#7c3aed")),
        Line::Doubt => format!("n{from} -> n{to} [{}, style=dotted];", colour("#d97706")),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
