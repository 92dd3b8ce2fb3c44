//! The stage `deny`: licences and origins of all crates, by `deny.toml`. It asks cargo-deny, if that is there.
//!
//! Advisories are left out: their database is fetched from the network. `cargo deny check advisories` checks them.

use std::process::Command;

use crate::cargo;

/// Runs the stage.
pub(super) fn check() -> Result<(), String> {
    if !cargo::has("cargo", &["deny", "--version"]) {
        println!("skipped: this machine has no cargo-deny (`cargo install cargo-deny`)");
        return Ok(());
    }
    let mut deny: Command = cargo::program("cargo")?;
    deny.args(["deny", "--offline", "--workspace", "check", "bans", "licenses", "sources"]);
    cargo::judge(deny.status().map_err(|error| format!("cargo-deny cannot be started: {error}"))?)
}
