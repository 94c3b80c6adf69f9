//! The parts of pages. Components take data and turn it into text nodes; they decide nothing.

#![expect(unreachable_pub, reason = "the component macro makes public builders of private components")]

pub(crate) mod banner;
pub(crate) mod camera_grid;
pub(crate) mod camera_tile;
pub(crate) mod dead_letters;
pub(crate) mod desk;
pub(crate) mod domain_strip;
pub(crate) mod each;
pub(crate) mod feed_line;
pub(crate) mod figures;
pub(crate) mod follow;
pub(crate) mod header;
mod masks;
pub(crate) mod missing_table;
pub(crate) mod ops_tables;
pub(crate) mod readings;
pub(crate) mod screens_table;
mod still;
pub(crate) mod streams_table;
pub(crate) mod trouble_list;
pub(crate) mod wall_grid;
