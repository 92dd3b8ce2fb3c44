//! Applies the exceptions in `tidy.toml`, and finds those that are no longer needed.

use super::Violation;
use super::config::{Config, Exception, FILE};
use crate::nearest;

const NAME: &str = "exception";

/// Returns the violations without an exception, and the wrong exceptions.
pub(super) fn apply(found: Vec<Violation>, config: &Config, rules: &[&str]) -> Vec<Violation> {
    let mut wrong: Vec<Violation> = Vec::new();
    for exception in &config.exceptions {
        let used = found.iter().any(|violation| excuses(exception, violation));
        if let Some((what, fix)) = complaint(exception, used, rules) {
            wrong.push(Violation {
                path: FILE.to_owned(),
                line: config.line(exception),
                rule: NAME,
                what,
                fix,
            });
        }
    }
    let open = found
        .into_iter()
        .filter(|violation| !config.exceptions.iter().any(|exception| excuses(exception, violation)));
    open.chain(wrong).collect()
}

/// Returns the problem of an exception, and its correction.
fn complaint(exception: &Exception, used: bool, rules: &[&str]) -> Option<(String, String)> {
    let Exception { path, rule, reason, .. } = exception;
    let path = path.get_ref();
    if !rules.contains(&rule.as_str()) {
        return Some((nearest::unknown("rule", rule, rules), "name one of the rules".to_owned()));
    }
    if reason.trim().is_empty() {
        return Some((
            format!("the exception for `{path}` gives no reason"),
            "say why the rule gives way".to_owned(),
        ));
    }
    if !used {
        let what = format!("`{path}` breaks the rule `{rule}` no longer, or never did in this way");
        return Some((what, "delete the exception".to_owned()));
    }
    None
}

fn excuses(exception: &Exception, violation: &Violation) -> bool {
    let path = exception.path.get_ref();
    let there = *path == violation.path || (path.ends_with('/') && violation.path.starts_with(path.as_str()));
    let item = exception.item.as_ref().is_none_or(|item| violation.what.contains(item.as_str()));
    there && item && exception.rule == violation.rule
}

#[cfg(test)]
mod tests {
    use super::super::config::exceptions_of;
    use super::*;

    fn violation(path: &str) -> Violation {
        let what = "function `expand` has 99 lines".to_owned();
        Violation { path: path.to_owned(), line: 7, rule: "header", what, fix: String::new() }
    }

    /// Returns the violations that remain for `a/b.rs`.
    fn left(exception: &str) -> Vec<String> {
        let mut config = Config::parse(include_str!("../../../tidy.toml")).expect("tidy.toml is well-formed");
        config.exceptions = exceptions_of(&format!("[[exception]]\n{exception}"));
        let left = apply(vec![violation("a/b.rs")], &config, &["header", "glossary"]);
        left.into_iter().map(|violation| format!("{}: {}", violation.rule, violation.what)).collect()
    }

    const FOUND: &str = "header: function `expand` has 99 lines";

    #[test]
    fn a_find_is_excused_by_file_directory_or_item() {
        assert!(left("path = 'a/b.rs'\nrule = 'header'\nreason = 'r'").is_empty());
        assert!(left("path = 'a/'\nrule = 'header'\nreason = 'r'").is_empty());
        assert!(left("path = 'a/b.rs'\nrule = 'header'\nreason = 'r'\nitem = '`expand`'").is_empty());
    }

    #[test]
    fn what_excuses_nothing_is_itself_wrong() {
        for exception in [
            "path = 'a/c.rs'\nrule = 'header'\nreason = 'r'",
            "path = 'a/b.rs'\nrule = 'glossary'\nreason = 'r'",
            "path = 'a'\nrule = 'header'\nreason = 'r'",
            "path = 'a/b.rs'\nrule = 'header'\nreason = 'r'\nitem = '`parse`'",
        ] {
            let left = left(exception);
            assert_eq!(left.len(), 2, "{left:?}");
            assert_eq!(left[0], FOUND);
            assert!(left[1].contains("no longer"), "{left:?}");
        }
    }

    #[test]
    fn an_exception_needs_a_reason_and_a_rule_that_exists() {
        let no_reason = left("path = 'a/b.rs'\nrule = 'header'\nreason = ' '");
        assert_eq!(no_reason, ["exception: the exception for `a/b.rs` gives no reason"]);
        let no_rule = left("path = 'a/b.rs'\nrule = 'haeder'\nreason = 'r'");
        assert!(no_rule[1].contains("did you mean `header`"), "{no_rule:?}");
    }
}
