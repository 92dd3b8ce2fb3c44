//! `cargo xtask tidy`: checks the rules of the architecture, and that the docs name what exists.
//!
//! A rule is a file in `tidy/` with one function, from the tree to its violations. No rule prints or stops at its first
//! finding: all violations are listed at once. Settings and exceptions, with reasons, are in `tidy.toml`.

mod architecture_length;
mod config;
mod dependencies;
mod docs;
mod docs_names;
mod error_pages;
mod exceptions;
mod file_length;
mod file_name;
mod function_length;
mod globs;
mod glossary;
mod header;
mod imports;
mod layers;
mod machine_path;
mod markdown;
mod metadata;
mod repository;
mod source;
mod test_programs;
mod tree;
mod unfinished;
mod violation;
mod words;

use std::process::ExitCode;

use crate::Outcome;
use tree::Tree;
use violation::Violation;

struct Rule {
    name: &'static str,
    check: fn(&Tree) -> Vec<Violation>,
}

const RULES: &[Rule] = &[
    Rule { name: architecture_length::NAME, check: architecture_length::check },
    Rule { name: dependencies::NAME, check: dependencies::check },
    Rule { name: docs::NAME, check: docs::check },
    Rule { name: docs_names::NAME, check: docs_names::check },
    Rule { name: error_pages::NAME, check: error_pages::check },
    Rule { name: file_length::NAME, check: file_length::check },
    Rule { name: file_name::NAME, check: file_name::check },
    Rule { name: function_length::NAME, check: function_length::check },
    Rule { name: glossary::NAME, check: glossary::check },
    Rule { name: globs::NAME, check: globs::check },
    Rule { name: header::NAME, check: header::check },
    Rule { name: layers::NAME, check: layers::check },
    Rule { name: machine_path::NAME, check: machine_path::check },
    Rule { name: test_programs::NAME, check: test_programs::check },
    Rule { name: unfinished::NAME, check: unfinished::check },
];

/// Runs the command.
pub(crate) fn run(imports: bool) -> Outcome {
    if imports {
        layers::print(&Tree::read()?);
        return Ok(ExitCode::SUCCESS);
    }
    Ok(match check() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    })
}

/// Prints all violations, and fails if there are any.
pub(crate) fn check() -> Result<(), String> {
    let tree = Tree::read()?;
    let violations = violations(&tree);
    for violation in &violations {
        println!("{violation}");
    }
    if violations.is_empty() {
        println!("tidy: {} files, {} rules, nothing wrong", tree.repository.files().len(), RULES.len());
        return Ok(());
    }
    Err(format!("{} found by tidy", counted(violations.len())))
}

/// Returns the violations without an exception, in the order of files and lines.
fn violations(tree: &Tree) -> Vec<Violation> {
    let found = RULES.iter().flat_map(|rule| (rule.check)(tree)).collect();
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    let mut violations = exceptions::apply(found, &tree.config, &names);
    violations.sort();
    violations
}

fn counted(count: usize) -> String {
    if count == 1 { "1 violation".to_owned() } else { format!("{count} violations") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_excused_or_listed_in_order() {
        let long = "//! Long.\n".repeat(501);
        let mut tree = Tree::of(&[("b/utils.rs", "fn x() {}\n"), ("a/long.rs", &long)]);
        // Its folders are not in this tree.
        tree.config.layers.clear();
        let listed: Vec<String> = violations(&tree)
            .iter()
            .map(|violation| format!("{}:{} {}", violation.path, violation.line, violation.rule))
            .collect();
        assert_eq!(listed, ["a/long.rs:501 file-length", "b/utils.rs:1 file-name", "b/utils.rs:1 header"]);

        let exception = "[[exception]]\npath = \"b/utils.rs\"\nrule = \"header\"\nreason = \"shown\"\n";
        tree.config.exceptions = config::exceptions_of(exception);
        let rules: Vec<&str> = violations(&tree).iter().map(|violation| violation.rule).collect();
        assert_eq!(rules, ["file-length", "file-name"]);
    }

    #[test]
    fn each_rule_has_a_name_of_its_own() {
        let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }
}
