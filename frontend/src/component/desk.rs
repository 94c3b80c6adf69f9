//! The parts of the operator's desk.

pub(crate) mod camera_list;
pub(crate) mod help;
pub(crate) mod keyboard;
pub(crate) mod measures;
pub(crate) mod miniature;
pub(crate) mod monitor;
pub(crate) mod order_lines;
pub(crate) mod presets;
pub(crate) mod toolbar;
pub(crate) mod tour_editor;
pub(crate) mod tour_step;
pub(crate) mod tours;
