//! Draws the automaton of a saga. A [`Graph`] is data, written by `#[saga]`; here it becomes text and pictures, the same
//! for the same graph.
//!
//! Users depend on the crate `saga-rs`, where this is `saga::draw` with the feature `draw`.

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

/// Draws a graph as a picture in SVG: for light pages and dark ones, with a legend, without scripts.
pub fn svg(graph: &Graph) -> String {
    svg::drawn(graph)
}
