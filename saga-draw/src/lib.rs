//! Draws the automaton of a saga. A [`Graph`] is data, written by `#[saga]`; this crate renders it as text and
//! pictures. Equal graphs give equal output.
//!
//! Users depend on the crate `saga-rs`, which exports this as `saga::draw` with the feature `draw`.

mod dot;
mod mermaid;
mod reading;
mod scene;
mod svg;
mod text;

use saga_core::graph::Graph;

/// Draws a graph in the language of [Mermaid](https://mermaid.js.org), as web pages and READMEs show it.
pub fn mermaid(graph: &Graph) -> String {
    mermaid::drawn(&scene::Scene::of(graph))
}

/// Draws a graph in the language DOT of [Graphviz](https://graphviz.org).
pub fn dot(graph: &Graph) -> String {
    dot::drawn(&scene::Scene::of(graph))
}

/// Draws a graph as an SVG picture with a legend, for light and dark pages. It contains no scripts.
pub fn svg(graph: &Graph) -> String {
    svg::drawn(graph)
}
