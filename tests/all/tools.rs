//! Steps as tools that a language model calls by name with JSON.

mod agreement;
mod calls;
mod outputs;
mod reading;
mod toolbox;
