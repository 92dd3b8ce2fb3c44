//! The stage `weight`: limits the number of crates that the core and the runtime depend on.

use std::collections::BTreeSet;

use crate::cargo;

/// The number of crates from which the core no longer counts as light.
const CRATES_LIMIT: usize = 40;

const TREE: &[&str] = &["tree", "-p", "saga-core", "-p", "saga-runtime", "-e", "normal", "--prefix", "none"];

/// Fails if the core and the runtime together depend on too many crates.
pub(super) fn check() -> Result<(), String> {
    let mut arguments = TREE.to_vec();
    if cargo::in_ci() {
        arguments.push("--locked");
    }
    let tree = cargo::output("cargo", &arguments)?;
    let crates = crates(&tree);
    judge(&crates)?;
    println!("{} crates, of at most {}: cargo {}", crates.len(), CRATES_LIMIT - 1, TREE.join(" "));
    Ok(())
}

fn judge(crates: &BTreeSet<String>) -> Result<(), String> {
    if crates.len() < CRATES_LIMIT {
        return Ok(());
    }
    let list = crates.iter().map(|name| format!("\n  {name}")).collect::<String>();
    Err(format!("{} crates, and there must be fewer than {CRATES_LIMIT}:{list}", crates.len()))
}

/// Returns the crates of a tree, each name and version once.
fn crates(tree: &str) -> BTreeSet<String> {
    tree.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some(format!("{} {}", words.next()?, words.next()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_crates_and_remarks_count_once() {
        let tree =
            "a v1.0.0 (/somewhere)\nb v1.0.0 (proc-macro)\nb v1.0.0 (proc-macro) (*)\nb v2.0.0\n\na v1.0.0\n";
        assert_eq!(crates(tree).len(), 3);
    }

    #[test]
    fn the_limit_itself_is_too_heavy() {
        let many = |count: usize| (0..count).map(|index| format!("c{index} v1.0.0")).collect::<BTreeSet<_>>();
        assert_eq!(judge(&many(CRATES_LIMIT - 1)), Ok(()));
        let error = judge(&many(CRATES_LIMIT)).expect_err("the limit is reached");
        assert!(error.contains("\n  c0 v1.0.0"), "{error}");
    }
}
