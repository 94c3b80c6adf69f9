//! The words of the operator's desk.

mod en;
mod id;

pub use en::EN;
pub use id::ID;

use pantau_schemas::wall::AlarmUse;

use super::Text;

/// They are no part of [`Text`], so that only a page that says them loads them.
#[must_use]
pub fn of(text: &Text) -> &'static Desk {
    if text.is_english() { &EN } else { &ID }
}

/// All of them, in one language.
#[derive(Debug)]
pub struct Desk {
    /// Name of the page.
    pub title: &'static str,
    /// Heading: the wall of a screen.
    pub wall: &'static str,
    /// Label: which screen.
    pub screen: &'static str,
    /// Link to the screen's own page.
    pub open_screen: &'static str,
    /// A cell by column and row.
    pub cell: fn(&str, &str) -> String,
    /// It shows nothing.
    pub empty: &'static str,
    /// It shows something that this build cannot draw.
    pub unknown_tile: &'static str,
    /// It does not count among the moving pictures.
    pub context: &'static str,
    /// A panel that is a clock.
    pub clock: &'static str,
    /// So many pictures move.
    pub moving: fn(&str) -> String,
    /// More than people can watch.
    pub heavy: &'static str,
    /// Why the small wall shows no pictures.
    pub names_only: &'static str,
    /// The screen arranges itself.
    pub auto: &'static str,
    /// What to do to hang cameras.
    pub auto_hint: &'static str,
    /// A grid of columns and rows.
    pub grid: fn(u8, u8) -> String,
    /// A screen that is silent is not expected to be there.
    pub forget_screen: &'static str,
    /// Let the screen arrange itself.
    pub to_auto: &'static str,
    /// Open the sheet of a screen's measures.
    pub measures: &'static str,
    /// What they are for.
    pub measures_hint: &'static str,
    /// Label: how fine the panel is.
    pub panel_pitch: &'static str,
    /// How to find it out.
    pub panel_pitch_hint: &'static str,
    /// Label: how far away the farthest reader is.
    pub viewing_distance: &'static str,
    /// What is meant by it.
    pub viewing_distance_hint: &'static str,
    /// A length must be between these.
    pub bad_measure: fn(&str, &str) -> String,
    /// The smallest letters will have so many pixels, and the alarm line so many.
    pub letters: fn(&str, &str) -> String,
    /// The measures of a screen, as a command.
    pub measure: fn(&str) -> String,
    /// Forget them.
    pub unmeasure: &'static str,
    /// Actions on the selected cell, as a group.
    pub cell_actions: &'static str,
    /// Actions on the wall, as a group.
    pub wall_actions: &'static str,
    /// Pin the selected cell.
    pub pin: &'static str,
    /// Let it go.
    pub unpin: &'static str,
    /// Empty it.
    pub clear_cell: &'static str,
    /// Make it context.
    pub as_context: &'static str,
    /// Make it watched.
    pub as_watched: &'static str,
    /// What alarms may do with the selected cell, as a thing to do.
    pub alarm_use: fn(Option<AlarmUse>) -> &'static str,
    /// A cell that is offered to alarms.
    pub zone_may: &'static str,
    /// A cell that is kept from them.
    pub zone_may_not: &'static str,
    /// Merge the selected cell, as a heading and in lines.
    pub merge: &'static str,
    /// With what is to the left.
    pub merge_left: &'static str,
    /// Above.
    pub merge_up: &'static str,
    /// To the right.
    pub merge_right: &'static str,
    /// Below.
    pub merge_down: &'static str,
    /// There is nothing.
    pub merge_edge: &'static str,
    /// A pinned cell would change.
    pub merge_pinned: &'static str,
    /// Make it single places again.
    pub split: &'static str,
    /// It is one already.
    pub split_single: &'static str,
    /// Take the last change back.
    pub undo: &'static str,
    /// Empty the wall.
    pub clear_wall: &'static str,

    /// Heading: the monitor.
    pub monitor: &'static str,
    /// Nobody was called.
    pub monitor_empty: &'static str,
    /// How to call somebody.
    pub monitor_hint: &'static str,
    /// The camera left the registry.
    pub monitor_gone: &'static str,
    /// Label: place.
    pub site: &'static str,
    /// Label: agency.
    pub agency: &'static str,
    /// Label: which of the camera's streams.
    pub stream: &'static str,
    /// Its large stream.
    pub large: &'static str,
    /// Its small stream.
    pub small: &'static str,
    /// No stream of it was heard of.
    pub no_stream: &'static str,
    /// Put what the monitor shows into the selected cell.
    pub to_cell: &'static str,
    /// The monitor over the whole screen.
    pub full_screen: &'static str,

    /// Heading: the list.
    pub cameras: &'static str,
    /// Label of the search.
    pub search: &'static str,
    /// What it looks in.
    pub search_hint: &'static str,
    /// Nothing fits.
    pub no_hits: &'static str,
    /// What to do about it.
    pub no_hits_hint: &'static str,
    /// So many cameras.
    pub hits: fn(&str) -> String,
    /// So many more fit.
    pub more_hits: fn(&str) -> String,

    /// Label: the digits of a call-up.
    pub call_up: &'static str,
    /// What to do with them.
    pub call_up_hint: &'static str,
    /// No camera has the number.
    pub nobody: fn(&str) -> String,
    /// No preset has the number.
    pub no_preset: fn(&str) -> String,
    /// The selected cell shows no camera.
    pub no_camera_in_cell: &'static str,
    /// The screen has no cells.
    pub no_cells: &'static str,

    /// Heading: presets.
    pub presets: &'static str,
    /// A preset and its number.
    pub preset: fn(&str, &str) -> String,
    /// The number is free.
    pub free: &'static str,
    /// Keep what hangs there.
    pub save_preset: &'static str,
    /// What keeping does.
    pub save_preset_hint: &'static str,
    /// Label: number of a preset.
    pub number: &'static str,
    /// Label: its name.
    pub name: &'static str,
    /// The name cannot be kept.
    pub bad_name: &'static str,
    /// Keep.
    pub save: &'static str,
    /// Do not.
    pub cancel: &'static str,

    /// Heading: tours.
    pub tours: &'static str,
    /// There are none.
    pub no_tours: &'static str,
    /// Start a tour.
    pub start: fn(&str) -> String,
    /// Stop it.
    pub stop: fn(&str) -> String,
    /// It is at a step of so many.
    pub step: fn(&str, &str) -> String,
    /// It waits for trouble to end.
    pub waits: &'static str,

    /// A tour that is not there yet.
    pub new_tour: &'static str,
    /// Heading: a tour is changed.
    pub change_tour: &'static str,
    /// Change this tour.
    pub change_tour_named: fn(&str) -> String,
    /// A tour that runs is not changed.
    pub tour_runs: &'static str,
    /// What a tour does.
    pub tour_hint: &'static str,
    /// It waits for trouble to end.
    pub tour_waits: &'static str,
    /// A step of it, by its number.
    pub leg: fn(usize) -> String,
    /// Unit, and label of how long it stays.
    pub seconds: &'static str,
    /// One more step.
    pub add_leg: &'static str,
    /// A step of what hangs there.
    pub leg_from_wall: &'static str,
    /// Towards the beginning.
    pub leg_earlier: &'static str,
    /// Towards the end.
    pub leg_later: &'static str,
    /// Without this step.
    pub remove_leg: &'static str,
    /// One more camera.
    pub add_place: &'static str,
    /// Without this one.
    pub remove_place: &'static str,
    /// Label: the cell.
    pub cell_field: &'static str,
    /// No cell was chosen yet.
    pub choose_cell: &'static str,
    /// Label: the camera.
    pub camera_field: &'static str,
    /// A tour is kept.
    pub save_tour: fn(&str) -> String,
    /// Forget the tour.
    pub delete_tour: &'static str,
    /// A tour is forgotten.
    pub delete_tour_named: fn(&str) -> String,
    /// It has no step.
    pub fault_no_legs: &'static str,
    /// It has more than so many.
    pub fault_many_legs: fn(usize) -> String,
    /// A step is too short, too long, or no number.
    pub fault_dwell: &'static str,
    /// A step shows nothing.
    pub fault_no_places: &'static str,
    /// A step shows more than so many.
    pub fault_many_places: fn(usize) -> String,
    /// A camera without a cell.
    pub fault_no_cell: &'static str,
    /// Nobody, or not only one, is called so.
    pub fault_camera: fn(&str) -> String,
    /// Two cameras in one cell.
    pub fault_same_cell: &'static str,

    /// Heading: what became of commands.
    pub orders: &'static str,
    /// Nothing was asked for yet.
    pub no_orders: &'static str,
    /// Something into a cell.
    pub put: fn(&str, &str) -> String,
    /// It is not durable yet.
    pub saving: &'static str,
    /// It is.
    pub saved: &'static str,
    /// It was so already.
    pub same: &'static str,
    /// The server says no, because.
    pub refused: fn(&str) -> String,
    /// The server does not answer.
    pub unanswered: &'static str,
    /// Too many commands wait.
    pub too_many: &'static str,
    /// Nothing can be changed: no link.
    pub blocked_link: &'static str,
    /// Nothing can be changed: no store.
    pub blocked_store: &'static str,

    /// Open the sheet of shortcuts.
    pub shortcuts: &'static str,
    /// Keys and what they do.
    pub keys: &'static [(&'static str, &'static str)],
    /// Close it.
    pub close: &'static str,
}
