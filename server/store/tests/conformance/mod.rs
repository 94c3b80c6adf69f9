//! What every home of the store must do, written against the trait alone.
//!
//! A home joins by implementing [`Home`] and giving [`promises!`] a macro that makes the tests.

pub(crate) mod commits;
pub(crate) mod events;
pub(crate) mod journal;
pub(crate) mod letters;
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

/// Every promise, given to a macro that makes a test of each.
macro_rules! promises {
    ($to:ident) => {
        $to! {
            commits::an_empty_store_is_an_empty_world,
            commits::what_was_committed_is_there_after_a_restart,
            commits::the_same_batch_twice_is_the_same_as_once,
            commits::a_commit_dropped_at_any_point_can_be_tried_again,
            commits::a_batch_that_contradicts_the_journal_leaves_nothing,
            commits::a_coordinate_survives_to_its_last_bit,
            commits::two_cities_in_one_home_see_nothing_of_each_other,
            commits::a_closed_store_says_so,
            events::an_event_is_kept_as_it_came_and_its_reporter_can_be_forgotten,
            events::a_start_remembers_every_event_oldest_first,
            events::dead_letters_can_be_seen_counted_and_paged,
            events::only_what_is_past_its_time_goes,
            journal::entries_can_be_asked_for_by_place_time_kind_and_subject,
            journal::a_snapshot_spares_the_replay,
            journal::a_snapshot_ahead_of_the_journal_is_refused,
            journal::a_whole_journal_is_proved_whole_while_it_grows,
            letters::letters_that_say_the_same_are_one_with_a_count,
            letters::a_letter_that_was_understood_is_marked_once,
            letters::a_letter_that_fails_again_has_its_new_reason,
            letters::the_oldest_of_whoever_has_too_many_go_first,
            letters::letters_can_be_asked_for_by_way_device_and_state,
            samples::a_sample_that_comes_again_is_counted_as_known,
            samples::a_suspect_is_counted_as_what_it_turns_out_to_be,
            samples::a_late_sample_is_kept_in_its_place_and_is_not_the_newest,
            samples::the_newest_of_very_many_series_is_there_after_a_restart,
            samples::buckets_are_what_one_would_count_by_hand,
        }
    };
}
pub(crate) use promises;
