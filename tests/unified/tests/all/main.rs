//! The tests of values that other crates have too, with the same results in a build with more features of `serde_json`;
//! and the types of other crates.

#[path = "../../../../saga-core/tests/all/values.rs"]
mod core_values;
mod crates;
mod features;
#[path = "../../../all/values.rs"]
mod values;
#[path = "../../../all/values_page.rs"]
mod values_page;
