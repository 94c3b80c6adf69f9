//! The embedded home keeps every promise of the suite, and a few of its own.

#![expect(clippy::unwrap_used, reason = "a test that panics has done its work")]

mod backup;
#[path = "../conformance/mod.rs"]
mod conformance;
mod crash;
mod faults;

use conformance::Home;
use pantau_schemas::ids::CityCode;
use pantau_store::{Settings, Sqlite};
use tempfile::TempDir;

struct Folder(TempDir);

fn fresh() -> Folder {
    Folder(tempfile::tempdir().unwrap())
}

impl Home for Folder {
    type Store = Sqlite;

    async fn open_city(&self, city: &CityCode) -> Sqlite {
        Sqlite::open(&self.0.path().join("data/pantau.db"), city, &Settings::default()).await.unwrap()
    }
}

/// One test a promise, each with a folder of its own.
macro_rules! in_a_folder {
    ($($module:ident :: $promise:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                conformance::$module::$promise(&fresh()).await;
            }
        )*
    };
}
conformance::promises!(in_a_folder);
