//! The PostgreSQL home keeps every promise of the suite, and a few of its own.
//!
//! Where there is no PostgreSQL these tests say `SKIPPED:`; where TimescaleDB can be had too, the suite runs on a
//! hypertable as well.

#![expect(clippy::unwrap_used, reason = "a test that panics has done its work")]
#![expect(clippy::disallowed_methods, reason = "real servers need real time")]

mod cluster;
#[path = "../conformance/mod.rs"]
mod conformance;
mod crash;
mod faults;
mod guards;
mod heads;
mod hypertable;
mod partitions;

/// One test a promise, each with a database of its own on one of the shared servers.
macro_rules! on {
    ($server:ident: $($module:ident :: $promise:ident),* $(,)?) => {
        mod $server {
            use crate::cluster::{Database, $server};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    let name = concat!(stringify!($server), "::", stringify!($promise));
                    let Some(cluster) = $server(name) else { return };
                    crate::conformance::$module::$promise(&Database::fresh(cluster).await).await;
                }
            )*
        }
    };
}
macro_rules! on_both {
    ($($list:tt)*) => {
        on!(plain: $($list)*);
        on!(timescale: $($list)*);
    };
}
conformance::promises!(on_both);
