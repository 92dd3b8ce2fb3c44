//! The SQLite store keeps the contract of stores.

use std::path::PathBuf;
use std::sync::Arc;

use saga_core::conformance::{Factory, Place};
use saga_core::store::Store;
use saga_sqlite::SqliteStore;
use tempfile::TempDir;

struct Sqlite;

#[async_trait::async_trait]
impl Factory for Sqlite {
    async fn place(&self) -> Box<dyn Place> {
        let dir = tempfile::tempdir().expect("a directory can be made");
        Box::new(File { path: dir.path().join("sagas.db"), _dir: dir })
    }
}

struct File {
    path: PathBuf,
    _dir: TempDir,
}

#[async_trait::async_trait]
impl Place for File {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.path).expect("the file can be opened"))
    }

    fn takes_many_workers(&self) -> bool {
        false
    }
}

saga_core::conformance_tests!(Sqlite);
