//! Steps as tools that a language model calls by name with JSON.

mod toolbox;
