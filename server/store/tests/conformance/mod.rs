//! What every home of the store must do, written against the trait alone.
//!
//! A home joins by implementing [`Home`] and calling [`suite!`] with it.

pub(crate) mod commits;
pub(crate) mod events;
pub(crate) mod journal;
pub(crate) mod samples;
pub(crate) mod scribe;

use pantau_schemas::ids::CityCode;
use pantau_store::Store;

/// A place that holds a store, empty at first.
pub(crate) trait Home {
    type Store: Store;

    /// Opens the store of a city; what an earlier one wrote is still there.
    async fn open_city(&self, city: &CityCode) -> Self::Store;

    /// Opens the store of the city that most tests use.
    async fn open(&self) -> Self::Store {
        self.open_city(&CityCode::new("metro").unwrap()).await
    }
}

/// One test a promise, each with a home of its own from `$fresh`.
macro_rules! suite {
    ($fresh:expr; $($module:ident :: $promise:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                conformance::$module::$promise(&$fresh).await;
            }
        )*
    };
}
pub(crate) use suite;
