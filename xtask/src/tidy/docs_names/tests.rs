//! Tests of the rule on docs: what it finds, and what it must leave alone.

use super::super::metadata::{Metadata, Target};
use super::*;

/// Returns what is found in a line of `docs/guide.md`.
fn found(line: &str) -> Vec<String> {
    let text = format!("# Guide\n{line}\n");
    let mut tree = Tree::of(&[
        ("docs/guide.md", &text),
        ("docs/errors/SG0101.md", ""),
        ("README.md", ""),
        ("Cargo.toml", ""),
        ("saga-core/src/machine.rs", ""),
        ("examples/trip.rs", ""),
        ("peers/other/Cargo.toml", ""),
        ("peers/other/src/bin/show.rs", ""),
    ]);
    tree.metadata = Metadata::of(&[("saga-rs", &[]), ("saga-core", &[])]);
    tree.metadata.packages[0].targets.push(Target { name: "trip".into(), kind: vec!["example".into()] });
    check(&tree).into_iter().map(|violation| format!("{}: {}", violation.line, violation.what)).collect()
}

#[test]
fn paths_that_exist_are_right() {
    for line in [
        "`saga-core/src/machine.rs`, `machine.rs`, `src/machine.rs:12`, `docs/`, `./README.md`, `errors/SG0101.md`",
        "[a](errors/SG0101.md#why) [b](../README.md) [c](/Cargo.toml) [d](#here) [e](https://example.org/x.md)",
        "[f]: ../saga-core",
    ] {
        assert_eq!(found(line), [""; 0], "{line}");
    }
}

#[test]
fn paths_that_do_not_exist_are_found() {
    assert_eq!(found("see `saga-core/src/missing.rs`"), ["2: there is no `saga-core/src/missing.rs`"]);
    assert_eq!(found("see `docs/missing/`"), ["2: there is no `docs/missing/`"]);
    assert_eq!(found("see `missing.toml`."), ["2: there is no `missing.toml`"]);
    // The file exists in another directory, but a path that starts at a directory of the root is resolved from there.
    assert_eq!(found("see `examples/machine.rs`"), ["2: there is no `examples/machine.rs`"]);
}

#[test]
fn links_that_lead_nowhere_are_found() {
    assert_eq!(found("[a](README.md)"), ["2: the link to `README.md` leads nowhere"]);
    assert_eq!(found("[a]: missing.md#b"), ["2: the link to `missing.md#b` leads nowhere"]);
}

#[test]
fn what_is_no_path_of_ours_is_left_alone() {
    for line in [
        "`try/confirm/cancel`, `POST /sagas/{id}`, `docs/errors/<code>.md`, `docs/*.md`, `docs/…`, `a::b/c`, `.rs`",
        "`~/.config/a.toml`, `/etc/a.toml`, `https://example.org/a.md`, docs/unmarked.md",
        "```\ndocs/missing.md `missing.rs`\n```",
    ] {
        assert_eq!(found(line), [""; 0], "{line}");
    }
}

#[test]
fn crates_must_be_there() {
    assert_eq!(found("`saga-core`, `saga_core::machine`, `saga-rs`, `saga_id`, `saga-42`"), [""; 0]);
    assert_eq!(
        found("`saga-cor`"),
        ["2: unknown crate `saga-cor`: did you mean `saga-core`? accepted: `saga-rs`, `saga-core`"]
    );
    assert_eq!(found("`saga_mongo::Store`").len(), 1);
}

#[test]
fn commands_must_be_there_in_spans_and_blocks() {
    for line in [
        "`cargo xtask tidy`, `cargo xtask`, `cargo xtask <command>`",
        "`cargo run --example trip -- --test x`",
    ] {
        assert_eq!(found(line), [""; 0], "{line}");
    }
    assert_eq!(
        found("`cargo xtask tydi`"),
        [
            "2: unknown command of `cargo xtask` `tydi`: did you mean `tidy`? accepted: `test`, `tidy`, `errors`, `bench`"
        ]
    );
    assert_eq!(
        found("```sh\n$ cargo run --example tripp  # a trip\n```"),
        ["3: there is no example `tripp`"]
    );
    assert_eq!(found("`cargo test -p saga-corr`"), ["2: there is no package `saga-corr` in the workspace"]);
    assert_eq!(found("`cargo bench --bench w9`"), ["2: there is no bench `w9`"]);
}

#[test]
fn commands_on_a_crate_outside_the_workspace_are_looked_up_in_its_folder() {
    let run = "cargo run --manifest-path peers/other/Cargo.toml --bin";
    assert_eq!(found(&format!("`{run} show`")), [""; 0]);
    assert_eq!(found(&format!("`{run} <name>`")), [""; 0]);
    assert_eq!(found(&format!("`{run} trip`")), ["2: there is no bin `trip`"]);
    assert_eq!(
        found("```sh\ncargo build --manifest-path peers/none/Cargo.toml\n```"),
        ["3: there is no file `peers/none/Cargo.toml`"]
    );
}
