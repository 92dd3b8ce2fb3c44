//! Cargo's metadata of the workspace: its packages, their dependencies and their targets.

use serde::Deserialize;

use crate::cargo;

/// The packages of the workspace.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Package>,
    #[serde(default)]
    pub(super) workspace_root: String,
    /// For each package with forbidden dependencies, all crates that it depends on.
    #[serde(skip)]
    pub(super) trees: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest_path: String,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub(super) kind: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) kind: Vec<String>,
}

impl Metadata {
    /// Runs cargo; reads the whole tree for the given packages.
    pub(super) fn read<'a>(with_trees: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let json = cargo::output("cargo", &["metadata", "--format-version=1", "--no-deps"])?;
        let mut metadata: Self = serde_json::from_str(&json)
            .map_err(|error| format!("`cargo metadata` is not understood: {error}"))?;
        for name in with_trees {
            if metadata.package(name).is_some() {
                metadata.trees.push((name.to_owned(), tree(name)?));
            }
        }
        Ok(metadata)
    }

    /// Returns the workspace package of that name.
    pub(super) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// Returns true if a package has a target of that kind (`example`, `bench`, `test`, `bin`) and name.
    pub(super) fn has_target(&self, kind: &str, name: &str) -> bool {
        let targets = self.packages.iter().flat_map(|package| &package.targets);
        targets.into_iter().any(|target| target.name == name && target.kind.iter().any(|own| own == kind))
    }
}

impl Package {
    /// Returns the path of the manifest, relative to the root.
    pub(super) fn manifest<'a>(&'a self, metadata: &Metadata) -> &'a str {
        let path = self.manifest_path.strip_prefix(&metadata.workspace_root).unwrap_or(&self.manifest_path);
        path.trim_start_matches('/')
    }
}

/// Returns the names of all crates that a package depends on, with all its features.
fn tree(package: &str) -> Result<Vec<String>, String> {
    let mut arguments = vec!["tree", "-p", package, "-e", "normal", "--prefix", "none", "--all-features"];
    if cargo::in_ci() {
        arguments.push("--locked");
    }
    let tree = cargo::output("cargo", &arguments)?;
    Ok(tree.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect())
}

#[cfg(test)]
impl Metadata {
    /// Returns packages with these dependencies, each in the directory of its name, without targets.
    pub(super) fn of(packages: &[(&str, &[&str])]) -> Self {
        let package = |(name, dependencies): &(&str, &[&str])| Package {
            name: (*name).to_owned(),
            manifest_path: format!("/root-of-it/{name}/Cargo.toml"),
            dependencies: dependencies
                .iter()
                .map(|name| Dependency { name: (*name).to_owned(), kind: None })
                .collect(),
            targets: Vec::new(),
        };
        Self {
            packages: packages.iter().map(package).collect(),
            workspace_root: "/root-of-it".to_owned(),
            trees: Vec::new(),
        }
    }
}
