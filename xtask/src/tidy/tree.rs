//! The input of the rules: files, configuration, crates.

use super::config::Config;
use super::metadata::Metadata;
use super::repository::Repository;
use crate::cargo;

/// Everything that a rule may read.
pub(super) struct Tree {
    pub(super) repository: Repository,
    pub(super) config: Config,
    pub(super) metadata: Metadata,
    /// The subcommands of `cargo xtask`.
    pub(super) commands: Vec<String>,
}

impl Tree {
    /// Reads the tree.
    pub(super) fn read() -> Result<Self, String> {
        let root = cargo::root()?;
        let config = Config::read(&root)?;
        let strict = config.dependencies.iter().filter(|(_, table)| !table.never.is_empty());
        let metadata = Metadata::read(strict.map(|(name, _)| name.as_str()))?;
        Ok(Self { repository: Repository::read(&root)?, config, metadata, commands: crate::command_names() })
    }
}

#[cfg(test)]
impl Tree {
    /// Returns a tree of these files, with the project's configuration but without its exceptions.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let mut config = Config::parse(include_str!("../../../tidy.toml")).expect("tidy.toml is well-formed");
        config.exceptions.clear();
        Self {
            repository: Repository::of(files),
            config,
            metadata: Metadata::default(),
            commands: ["test", "tidy", "errors", "bench"].map(str::to_owned).to_vec(),
        }
    }
}
