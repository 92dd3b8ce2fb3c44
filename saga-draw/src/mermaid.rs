//! A scene in the language of Mermaid, a flowchart.

use crate::scene::{Edge, Group, Item, Line, Look, Node, Scene};
use crate::text::put;

/// The style of each kind of node. Each sets its own background, so it is readable on light and dark pages.
const CLASSES: [(&str, &str); 9] = [
    ("step", "fill:#dbeafe,stroke:#2563eb,color:#172554"),
    ("readonly", "fill:#f8fafc,stroke:#64748b,color:#0f172a,stroke-dasharray:4 3"),
    ("irreversible", "fill:#ffedd5,stroke:#ea580c,color:#431407,stroke-width:3px"),
    ("wait", "fill:#fef9c3,stroke:#ca8a04,color:#422006"),
    ("undo", "fill:#ede9fe,stroke:#7c3aed,color:#2e1065,stroke-dasharray:5 4"),
    ("doubt", "fill:#fffbeb,stroke:#d97706,color:#451a03,stroke-dasharray:2 3"),
    ("good", "fill:#16a34a,stroke:#15803d,color:#ffffff"),
    ("back", "fill:#7c3aed,stroke:#6d28d9,color:#ffffff"),
    ("dead", "fill:#dc2626,stroke:#b91c1c,color:#ffffff"),
];
const FORK: &str = "fill:#475569,stroke:#475569,color:#ffffff";
const START: &str = "fill:#475569,stroke:#475569";

/// Returns the whole text.
pub(super) fn drawn(scene: &Scene) -> String {
    let mut text = format!("---\ntitle: {}\n---\nflowchart TD\n", quoted(&scene.root.title));
    let mut groups = 0;
    items(scene, &scene.root, 1, &mut groups, &mut text);
    let mut styles: Vec<(&str, Vec<String>)> = Vec::new();
    for (number, edge) in scene.edges.iter().enumerate() {
        put(&mut text, format_args!("  n{} {} n{}", edge.from, arrow(edge), edge.to));
        if let Some(style) = line_style(edge.line) {
            match styles.iter_mut().find(|(known, _)| *known == style) {
                Some((_, numbers)) => numbers.push(number.to_string()),
                None => styles.push((style, vec![number.to_string()])),
            }
        }
    }
    for (name, style) in CLASSES {
        put(&mut text, format_args!("  classDef {name} {style}"));
    }
    put(&mut text, format_args!("  classDef fork {FORK}\n  classDef start {START}"));
    (1..=groups).for_each(|group| {
        put(&mut text, format_args!("  style g{group} fill:none,stroke:#94a3b8"));
    });
    for (style, numbers) in styles {
        put(&mut text, format_args!("  linkStyle {} {style}", numbers.join(",")));
    }
    text
}

fn items(scene: &Scene, group: &Group, depth: usize, groups: &mut usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    for item in &group.items {
        match item {
            // Undos of branches are drawn outside: inside, the group would reach down to the start of the way back.
            Item::Node(number) if group.fork && is_undo(scene, *number) => {}
            Item::Node(number) => {
                put(text, format_args!("{indent}{}", node(*number, &scene.nodes[*number])));
            }
            Item::Group(inner) => {
                *groups += 1;
                let title = label(std::slice::from_ref(&inner.title));
                put(text, format_args!("{indent}subgraph g{groups} [{title}]"));
                items(scene, inner, depth + 1, groups, text);
                put(text, format_args!("{indent}end"));
                if !group.fork {
                    undos(scene, inner, &indent, text);
                }
            }
        }
    }
}

/// Writes the undos of a fork, and of the forks directly in it.
fn undos(scene: &Scene, group: &Group, indent: &str, text: &mut String) {
    for item in group.items.iter().filter(|_| group.fork) {
        match item {
            Item::Node(number) if is_undo(scene, *number) => {
                put(text, format_args!("{indent}{}", node(*number, &scene.nodes[*number])));
            }
            Item::Node(_) => {}
            Item::Group(group) => undos(scene, group, indent, text),
        }
    }
}

fn is_undo(scene: &Scene, node: usize) -> bool {
    matches!(scene.nodes[node].look, Look::Undo | Look::UndoFork)
}

fn node(number: usize, node: &Node) -> String {
    let label = label(&node.shown());
    let (open, close, class) = match node.look {
        Look::UndoFork => return format!("n{number}(( )):::undo"),
        Look::Start => return format!("n{number}(( )):::start"),
        Look::Fork => return format!("n{number}[[{label}]]:::fork"),
        Look::Step | Look::Retriable => ("[", "]", "step"),
        Look::Readonly => ("[", "]", "readonly"),
        Look::Irreversible => ("[", "]", "irreversible"),
        Look::Wait => ("{{", "}}", "wait"),
        Look::Undo => ("([", "])", "undo"),
        Look::Doubt => (">", "]", "doubt"),
        Look::Completed => ("([", "])", "good"),
        Look::RolledBack => ("([", "])", "back"),
        Look::DeadLetter => ("([", "])", "dead"),
    };
    format!("n{number}{open}{label}{close}:::{class}")
}

fn arrow(edge: &Edge) -> String {
    let label = if edge.label.is_empty() { String::new() } else { format!("|{}|", quoted(edge.label)) };
    let arrow = match edge.line {
        Line::Forward => "-->",
        Line::NoReturn => "==>",
        Line::Failed => "--x",
        Line::Undo | Line::Doubt => "-.->",
        Line::UndoneBy => "-.-",
    };
    format!("{arrow}{label}")
}

fn line_style(line: Line) -> Option<&'static str> {
    match line {
        Line::Forward => None,
        Line::NoReturn => Some("stroke:#ea580c,stroke-width:4px"),
        Line::Failed => Some("stroke:#ef4444,stroke-width:1.5px"),
        Line::Undo => Some("stroke:#8b5cf6,stroke-width:2px"),
        Line::UndoneBy => Some("stroke:#a78bfa"),
        Line::Doubt => Some("stroke:#d97706,stroke-width:1.5px"),
    }
}

fn label(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Escapes Mermaid's own entities, which begin with `#`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' | '\n' | '*' | '[' | ']' => {
                escaped.push_str(&format!("#{};", u32::from(c)));
            }
            c => escaped.push(c),
        }
    }
    escaped
}
