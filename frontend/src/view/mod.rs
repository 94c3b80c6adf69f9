//! What pages show, computed from the World: plain data, compared before anything is drawn again.
//!
//! Pure functions of the registry, the states and the newest values. Nothing here reads a clock: what depends
//! on now is given it.

pub mod alarm;
pub mod burn_in;
pub mod cameras;
pub mod caption;
pub mod detail;
pub mod domains;
pub mod feed;
pub mod figures;
pub mod grid;
pub mod legible;
pub mod letters;
pub mod readings;
pub mod room;
pub mod sources;
pub mod status;
pub mod trouble;
pub mod walls;
