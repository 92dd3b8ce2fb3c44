//! The crates that are published, packaged as `cargo publish` would, in an order in which each finds those that it
//! needs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::{create, read, run};
use crate::cargo;

/// A package that was unpacked.
#[derive(Debug, PartialEq)]
pub(super) struct Packaged {
    pub(super) name: String,
    pub(super) version: String,
    /// The crates of ours that have to be published before.
    needs: Vec<String>,
}

impl Packaged {
    /// Returns the name of the directory that it is unpacked to.
    pub(super) fn directory(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

#[derive(Deserialize)]
struct Workspace {
    packages: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    name: String,
    version: String,
    /// `None` if it may be published anywhere.
    publish: Option<Vec<String>>,
}

/// The part of a packaged manifest that decides the order.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Manifest {
    dependencies: BTreeMap<String, toml::Value>,
    dev_dependencies: BTreeMap<String, toml::Value>,
    build_dependencies: BTreeMap<String, toml::Value>,
}

impl Manifest {
    fn names(&self) -> impl Iterator<Item = &String> {
        let all = [&self.dependencies, &self.dev_dependencies, &self.build_dependencies];
        all.into_iter().flat_map(BTreeMap::keys)
    }
}

/// Packages and unpacks all of them; returns them in the order of publication.
pub(super) fn package(target: &Path, unpacked: &Path) -> Result<Vec<Packaged>, String> {
    let json = cargo::output("cargo", &["metadata", "--format-version=1", "--no-deps"])?;
    let workspace: Workspace = serde_json::from_str(&json)
        .map_err(|error| format!("`cargo metadata` is not understood: {error}"))?;
    let ours: Vec<&str> = workspace.packages.iter().map(|member| member.name.as_str()).collect();
    let published = || workspace.packages.iter().filter(|member| member.publish.is_none());

    let mut package = cargo::program("cargo")?;
    package.args(["package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir"]).arg(target);
    for member in published() {
        package.args(["--package", &member.name]);
    }
    run(&mut package)?;
    create(unpacked)?;
    let mut packaged = Vec::new();
    for member in published() {
        let Member { name, version, .. } = member;
        let archive = target.join("package").join(format!("{name}-{version}.crate"));
        // With the time of now: in archives all files are equally old, and cargo would take new ones for built.
        run(Command::new("tar").arg("-xmzf").arg(archive).arg("-C").arg(unpacked))?;
        let manifest = read(&unpacked.join(format!("{name}-{version}/Cargo.toml")))?;
        let manifest: Manifest =
            toml::from_str(&manifest).map_err(|error| format!("the manifest of `{name}`: {error}"))?;
        let needs = manifest.names().filter(|needed| ours.contains(&needed.as_str())).cloned().collect();
        packaged.push(Packaged { name: name.clone(), version: version.clone(), needs });
    }
    order(packaged)
}

/// Sorts packages such that each comes after those that it needs.
fn order(mut packages: Vec<Packaged>) -> Result<Vec<Packaged>, String> {
    let mut ordered: Vec<Packaged> = Vec::new();
    while !packages.is_empty() {
        let is_next =
            |it: &Packaged| it.needs.iter().all(|name| ordered.iter().any(|before| before.name == *name));
        let Some(next) = packages.iter().position(is_next) else {
            let left = packages.iter().map(|it| format!("\n  `{}` needs {}", it.name, it.needs.join(", ")));
            return Err(format!(
                "no order of publication: what is needed is not published before{}",
                left.collect::<String>()
            ));
        };
        ordered.push(packages.remove(next));
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn it(name: &str, needs: &[&str]) -> Packaged {
        Packaged {
            name: name.into(),
            version: "1.0.0".into(),
            needs: needs.iter().map(|it| (*it).into()).collect(),
        }
    }

    #[test]
    fn each_comes_after_what_it_needs() {
        let ordered =
            order(vec![it("c", &["a", "b"]), it("b", &["a"]), it("a", &[])]).expect("there is an order");
        assert_eq!(ordered, [it("a", &[]), it("b", &["a"]), it("c", &["a", "b"])]);
    }

    #[test]
    fn what_needs_an_unpublished_crate_or_itself_in_a_circle_has_no_order() {
        let error = order(vec![it("a", &[]), it("b", &["only-tests"])]).expect_err("it is not published");
        assert!(error.ends_with("\n  `b` needs only-tests"), "{error}");
        assert!(order(vec![it("a", &["b"]), it("b", &["a"])]).is_err());
    }

    #[test]
    fn a_dependency_of_tests_counts_if_it_is_in_the_package() {
        let manifest: Manifest =
            toml::from_str("[dev-dependencies.saga-vfs]\nversion = \"0.1.0\"").expect("valid");
        assert_eq!(manifest.names().collect::<Vec<_>>(), ["saga-vfs"]);
    }
}
