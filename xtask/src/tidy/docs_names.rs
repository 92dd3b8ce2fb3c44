//! The rule that the docs name only what exists: paths, links, crates, and commands of cargo.
//!
//! Checks code spans and links; in code blocks it checks only commands, because other content may be the user's. A span
//! is a path of ours if its first part is a directory in our root, or if it has the ending of our files. A span with a
//! placeholder (`<name>`, `…`, `*`) is not checked.

use super::markdown;
use super::tree::Tree;
use super::violation::Violation;
use crate::nearest;

pub(super) const NAME: &str = "docs-names";

const FILE_ENDINGS: &[&str] = &[".rs", ".md", ".toml"];
const CRATE_PREFIX: &str = "saga-";
/// Letters that mark a placeholder.
const PLACEHOLDERS: &[char] = &['<', '>', '*', '{', '}', '$', '…', '|', '\\', '=', '?', '(', '['];
/// The options of cargo that name something of ours, and the kind of target that they name.
const TARGET_OPTIONS: &[(&str, &str)] =
    &[("--example", "example"), ("--bench", "bench"), ("--test", "test"), ("--bin", "bin")];

/// A problem, and its correction.
type Complaint = (String, String);

/// Finds names of things that do not exist.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.repository.markdown() {
        for line in markdown::lines(&file.text) {
            let complaints = if line.is_code {
                in_command(tree, line.text)
            } else {
                let links = line.links.iter().filter_map(|link| in_link(tree, &file.path, link));
                let spans = line.spans.iter().flat_map(|span| in_span(tree, &file.path, span));
                links.chain(spans).collect()
            };
            found.extend(complaints.into_iter().map(|(what, fix)| Violation {
                path: file.path.clone(),
                line: line.number,
                rule: NAME,
                what,
                fix,
            }));
        }
    }
    found
}

fn in_link(tree: &Tree, file: &str, target: &str) -> Option<Complaint> {
    let path = target.split('#').next().unwrap_or_default();
    let is_elsewhere = path.contains(':') || path.is_empty() || path.contains(PLACEHOLDERS);
    if is_elsewhere || exists(tree, &beside(file, path)) {
        return None;
    }
    Some((
        format!("the link to `{target}` leads nowhere"),
        format!("mend it: it starts at the place of `{file}`"),
    ))
}

fn in_span(tree: &Tree, file: &str, span: &str) -> Vec<Complaint> {
    if span.trim_start().starts_with("cargo ") {
        return in_command(tree, span);
    }
    span.split_whitespace()
        .filter_map(|word| {
            let word = bare(word);
            missing_path(tree, file, word).or_else(|| missing_crate(tree, word))
        })
        .collect()
}

/// Returns a word without surrounding punctuation, and without the line number of a path.
fn bare(word: &str) -> &str {
    let word = word.trim_matches([',', ';', '"', '\'', ')', '(']).trim_end_matches(['.', ':']);
    let word = word.strip_prefix("./").unwrap_or(word);
    match word.rsplit_once(':') {
        Some((path, line)) if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) => path,
        _ => word,
    }
}

fn missing_path(tree: &Tree, file: &str, word: &str) -> Option<Complaint> {
    let outside = word.starts_with(['/', '~', '-', '#', '.', '@']) && !word.starts_with("../");
    if outside || word.contains("::") || word.contains("://") || word.contains(PLACEHOLDERS) {
        return None;
    }
    let first = word.split('/').next().unwrap_or_default();
    let is_ours = word.contains('/') && tree.repository.is_top_directory(first);
    let ends_as_ours = FILE_ENDINGS.iter().any(|ending| word.len() > ending.len() && word.ends_with(ending));
    let plain = word.trim_end_matches('/');
    let there = exists(tree, plain) || exists(tree, &beside(file, plain));
    if there || !(is_ours || ends_as_ours) || (!is_ours && tree.repository.has_ending(plain)) {
        return None;
    }
    Some((format!("there is no `{word}`"), "name what exists, or an exception in `tidy.toml`".to_owned()))
}

fn missing_crate(tree: &Tree, word: &str) -> Option<Complaint> {
    let name = match word.split_once("::") {
        Some((library, _)) => library.replace('_', "-"),
        None => word.trim_end_matches('/').to_owned(),
    };
    let rest = name.strip_prefix(CRATE_PREFIX)?;
    let is_name = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !is_name || tree.metadata.package(&name).is_some() || exists(tree, &name) {
        return None;
    }
    let names: Vec<&str> = tree.metadata.packages.iter().map(|package| package.name.as_str()).collect();
    Some((nearest::unknown("crate", &name, &names), "name a crate of the workspace".to_owned()))
}

/// Returns names in a cargo command that do not exist.
fn in_command(tree: &Tree, text: &str) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let words: Vec<&str> = text.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == "cargo") {
        let ends = |word: &&str| matches!(*word, "--" | "&&" | ";" | "|");
        let call: Vec<&str> = words[at + 1..].iter().copied().take_while(|word| !ends(word)).collect();
        let manifest = call.windows(2).find(|pair| pair[0] == "--manifest-path").map(|pair| pair[1]);
        complaints.extend(call.windows(2).filter_map(|pair| match manifest {
            Some(manifest) => in_pair_elsewhere(tree, manifest, pair[0], pair[1]),
            None => in_pair(tree, pair[0], pair[1]),
        }));
    }
    complaints
}

/// Returns the same for a crate of ours outside of the workspace. Its targets are looked for where cargo finds them.
fn in_pair_elsewhere(tree: &Tree, manifest: &str, option: &str, name: &str) -> Option<Complaint> {
    let folder = manifest.strip_suffix("Cargo.toml")?;
    let (path, what) = match option {
        "--manifest-path" => (manifest.to_owned(), "file"),
        "--bin" => (format!("{folder}src/bin/{name}.rs"), "bin"),
        "--example" => (format!("{folder}examples/{name}.rs"), "example"),
        _ => return None,
    };
    let is_placeholder = path.contains(PLACEHOLDERS);
    let complaint =
        || (format!("there is no {what} `{name}`"), format!("name one that exists, or add `{path}`"));
    (!is_placeholder && !exists(tree, &path)).then(complaint)
}

fn in_pair(tree: &Tree, option: &str, name: &str) -> Option<Complaint> {
    let name = name.trim_end_matches([',', '.', ';', ':', ')']);
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return None;
    }
    if option == "xtask" && !name.starts_with('-') {
        let known = name == "help" || tree.commands.iter().any(|it| it == name);
        let what = || nearest::unknown("command of `cargo xtask`", name, &tree.commands);
        return (!known).then(|| (what(), "name one that exists".to_owned()));
    }
    if matches!(option, "-p" | "--package") && tree.metadata.package(name).is_none() {
        let what = format!("there is no package `{name}` in the workspace");
        return Some((what, "name one that exists".to_owned()));
    }
    let (_, kind) = TARGET_OPTIONS.iter().find(|(typed, _)| *typed == option)?;
    if tree.metadata.has_target(kind, name) {
        return None;
    }
    Some((format!("there is no {kind} `{name}`"), "name one that exists, or add it".to_owned()))
}

fn exists(tree: &Tree, place: &str) -> bool {
    place.is_empty() || tree.repository.has(place)
}

/// Returns the path from the root of a path in a file: relative to the file, or to the root if it begins with `/`.
fn beside(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { file.split('/').collect() };
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
