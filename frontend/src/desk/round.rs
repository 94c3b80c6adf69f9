//! A tour while somebody writes it: unchecked words, which become a tour or name what is wrong with them.
//!
//! Every change can be taken back; letters typed into one field are one change.

use pantau_schemas::ids::{DeviceId, TourId};
use pantau_schemas::wall::{
    At, Dwell, Label, Layout, MAX_SHOTS, MAX_STEPS, PauseOn, Rank, Shot, Step, Tile, Tour, TourDraft,
};

/// Changes that can be taken back.
const MAX_PAST: usize = 50;
/// Seconds of a new step.
const DWELL: &str = "10";

/// A camera in a cell, as somebody writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The cell that covers this place.
    pub at: Option<At>,
    /// The camera, as it was typed: its number, its name, its id.
    pub text: String,
    /// The camera, where it was not typed but known.
    pub known: Option<DeviceId>,
}

/// One view, as somebody writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// How long it stays, in seconds, as it was typed.
    pub dwell: String,
    /// What it shows.
    pub places: Vec<Place>,
}

/// A tour, as somebody writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Round {
    /// The tour that is changed; `None` for a new one.
    pub id: Option<TourId>,
    /// Its name, as it was typed.
    pub name: String,
    /// It waits for trouble to end.
    pub waits: bool,
    /// Its views.
    pub legs: Vec<Leg>,
}

/// A field that letters go into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The name.
    Name,
    /// The seconds of a leg.
    Dwell(usize),
    /// The camera of a leg's place.
    Camera(usize, usize),
}

/// What is wrong. Numbers count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It has no name, or a too long one.
    Name,
    /// It has no step.
    NoLegs,
    /// It has too many steps.
    TooManyLegs,
    /// The step's seconds are no number between 3 and 3,600.
    Dwell(usize),
    /// The step shows nothing.
    NoPlaces(usize),
    /// The step shows too much.
    TooManyPlaces(usize),
    /// The step shows a camera in no cell.
    NoCell(usize),
    /// Nobody knows this camera, or several are called so.
    Camera(usize, String),
    /// The step shows two cameras in one cell.
    SameCell(usize),
}

impl Fault {
    /// The field to go to.
    #[must_use]
    pub const fn field(&self) -> Option<Field> {
        match self {
            Self::Name => Some(Field::Name),
            Self::Dwell(leg) => Some(Field::Dwell(*leg)),
            _ => None,
        }
    }
}

/// A tour in the making, with what it was before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Editor {
    round: Round,
    past: Vec<Round>,
    typing: Option<Field>,
}

impl Editor {
    /// A new tour of one step, in this cell.
    #[must_use]
    pub fn new(at: Option<At>) -> Self {
        let place = Place { at, ..Place::default() };
        let legs = vec![Leg { dwell: DWELL.to_owned(), places: vec![place] }];
        Self { round: Round { waits: true, legs, ..Round::default() }, ..Self::default() }
    }

    /// A tour that is there, to be changed.
    #[must_use]
    pub fn of(tour: &Tour, name: impl Fn(&DeviceId) -> String) -> Self {
        let place = |shot: &Shot| Place {
            at: Some(shot.at),
            text: name(&shot.camera),
            known: Some(shot.camera.clone()),
        };
        let leg = |step: &Step| Leg {
            dwell: step.dwell_s.seconds().to_string(),
            places: step.shots.iter().map(place).collect(),
        };
        let round = Round {
            id: Some(tour.id().clone()),
            name: tour.name().to_string(),
            waits: tour.pause_on() == PauseOn::Trouble,
            legs: tour.steps().iter().map(leg).collect(),
        };
        Self { round, ..Self::default() }
    }

    /// The tour as it is.
    #[must_use]
    pub const fn round(&self) -> &Round {
        &self.round
    }

    /// Something can be taken back.
    #[must_use]
    pub fn has_past(&self) -> bool {
        !self.past.is_empty()
    }

    /// Changes it.
    pub fn change(&mut self, change: impl FnOnce(&mut Round)) {
        self.keep();
        self.typing = None;
        change(&mut self.round);
    }

    /// Writes into a field.
    pub fn write(&mut self, field: Field, text: &str) {
        if self.typing != Some(field) {
            self.keep();
            self.typing = Some(field);
        }
        match field {
            Field::Name => text.clone_into(&mut self.round.name),
            Field::Dwell(leg) => {
                if let Some(leg) = self.round.legs.get_mut(leg) {
                    text.clone_into(&mut leg.dwell);
                }
            }
            Field::Camera(leg, place) => {
                let place = self.round.legs.get_mut(leg).and_then(|leg| leg.places.get_mut(place));
                if let Some(place) = place {
                    *place = Place { at: place.at, text: text.to_owned(), known: None };
                }
            }
        }
    }

    /// Takes the last change back.
    pub fn undo(&mut self) {
        self.typing = None;
        if let Some(before) = self.past.pop() {
            self.round = before;
        }
    }

    fn keep(&mut self) {
        if self.past.len() >= MAX_PAST {
            self.past.remove(0);
        }
        self.past.push(self.round.clone());
    }

    /// One more step, with the cells and the time of the last one.
    pub fn add_leg(&mut self) {
        let next = self.round.legs.last().map(|last| {
            let place = |place: &Place| Place { at: place.at, ..Place::default() };
            Leg { dwell: last.dwell.clone(), places: last.places.iter().map(place).collect() }
        });
        let next = next.unwrap_or_else(|| Leg { dwell: DWELL.to_owned(), places: vec![Place::default()] });
        self.change(|round| round.legs.push(next));
    }

    /// One more step: what hangs there at this moment and is not pinned.
    pub fn add_leg_of(&mut self, layout: &Layout, name: impl Fn(&DeviceId) -> String) {
        let places = layout.cells().iter().filter(|cell| cell.rank != Rank::Pinned).filter_map(|cell| {
            let Tile::Camera { camera } = &cell.tile else { return None };
            Some(Place { at: Some(cell.area.at()), text: name(camera), known: Some(camera.clone()) })
        });
        let dwell = self.round.legs.last().map_or(DWELL, |leg| &leg.dwell).to_owned();
        let leg = Leg { dwell, places: places.take(MAX_SHOTS).collect() };
        self.change(|round| {
            // A first step in which nobody has written anything is not wanted.
            let blank = |leg: &Leg| leg.places.iter().all(|place| place.text.is_empty());
            if round.legs.len() == 1 && round.legs.iter().all(blank) {
                round.legs.clear();
            }
            round.legs.push(leg);
        });
    }

    /// Moves a step towards the beginning or the end.
    pub fn move_leg(&mut self, leg: usize, earlier: bool) {
        let other = if earlier { leg.checked_sub(1) } else { leg.checked_add(1) };
        if let Some(other) = other.filter(|other| *other < self.round.legs.len()) {
            self.change(|round| round.legs.swap(leg, other));
        }
    }

    /// The tour.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn finish(
        &self,
        fresh: TourId,
        camera: impl Fn(&str) -> Option<DeviceId>,
    ) -> Result<TourDraft, Fault> {
        let round = &self.round;
        let name = Label::new(&round.name).map_err(|_error| Fault::Name)?;
        match round.legs.len() {
            0 => return Err(Fault::NoLegs),
            1..=MAX_STEPS => {}
            _ => return Err(Fault::TooManyLegs),
        }
        let steps = round.legs.iter().enumerate().map(|(number, leg)| {
            let seconds = leg.dwell.trim().parse::<u16>().ok();
            let dwell_s = seconds.and_then(|seconds| Dwell::new(seconds).ok()).ok_or(Fault::Dwell(number))?;
            match leg.places.len() {
                0 => return Err(Fault::NoPlaces(number)),
                1..=MAX_SHOTS => {}
                _ => return Err(Fault::TooManyPlaces(number)),
            }
            let mut shots: Vec<Shot> = Vec::new();
            for place in &leg.places {
                let at = place.at.ok_or(Fault::NoCell(number))?;
                let known = place.known.clone().or_else(|| camera(place.text.trim()));
                let camera = known.ok_or_else(|| Fault::Camera(number, place.text.clone()))?;
                if shots.iter().any(|shot| shot.at == at) {
                    return Err(Fault::SameCell(number));
                }
                shots.push(Shot { at, camera });
            }
            Ok(Step { dwell_s, shots })
        });
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        let pause_on = if round.waits { PauseOn::Trouble } else { PauseOn::Nothing };
        Ok(TourDraft { id: round.id.clone().unwrap_or(fresh), name, pause_on, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(column: u8) -> At {
        At::new(column, 1).unwrap()
    }

    fn id(name: &str) -> DeviceId {
        DeviceId::new(name).unwrap()
    }

    fn fresh() -> TourId {
        TourId::new("tour-1").unwrap()
    }

    /// Cameras are called by their numbers, 1 to 9.
    fn called(text: &str) -> Option<DeviceId> {
        matches!(text, "1" | "2" | "3").then(|| id(&format!("cam-{text}")))
    }

    fn written() -> Editor {
        let mut editor = Editor::new(Some(at(1)));
        editor.write(Field::Name, "Pasar");
        editor.write(Field::Camera(0, 0), "1");
        editor.add_leg();
        editor.write(Field::Camera(1, 0), "2");
        editor
    }

    #[test]
    fn what_was_written_becomes_a_tour_and_that_tour_can_be_written_on() {
        let draft = written().finish(fresh(), called).unwrap();
        let tour = Tour::try_from(draft.clone()).unwrap();
        assert_eq!((tour.id(), tour.name().as_str(), tour.steps().len()), (&fresh(), "Pasar", 2));
        assert_eq!(tour.step(1).unwrap().shots, [Shot { at: at(1), camera: id("cam-2") }]);
        let again = Editor::of(&tour, |camera| format!("Kamera {camera}"));
        assert_eq!(again.finish(TourId::new("other").unwrap(), |_| None).unwrap(), draft, "nothing is lost");
        let mut changed = again.clone();
        changed.write(Field::Camera(0, 0), "3");
        let draft = changed.finish(fresh(), called).unwrap();
        assert_eq!(draft.steps[0].shots[0].camera, id("cam-3"), "what is typed counts, not what was known");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_step() {
        let fault = |change: &dyn Fn(&mut Editor)| {
            let mut editor = written();
            change(&mut editor);
            editor.finish(fresh(), called).unwrap_err()
        };
        assert_eq!(fault(&|e| e.write(Field::Name, " ")), Fault::Name);
        assert_eq!(fault(&|e| e.write(Field::Dwell(1), "2")), Fault::Dwell(1));
        assert_eq!(fault(&|e| e.write(Field::Dwell(0), "lama")), Fault::Dwell(0));
        assert_eq!(fault(&|e| e.write(Field::Camera(1, 0), "77")), Fault::Camera(1, "77".into()));
        assert_eq!(fault(&|e| e.change(|r| r.legs.clear())), Fault::NoLegs);
        assert_eq!(fault(&|e| e.change(|r| r.legs[1].places.clear())), Fault::NoPlaces(1));
        assert_eq!(fault(&|e| e.change(|r| r.legs[0].places[0].at = None)), Fault::NoCell(0));
        let twice = |e: &mut Editor| e.change(|r| r.legs[0].places = vec![r.legs[0].places[0].clone(); 2]);
        assert_eq!(fault(&twice), Fault::SameCell(0));
        let many = |e: &mut Editor| e.change(|r| r.legs = vec![r.legs[0].clone(); MAX_STEPS + 1]);
        assert_eq!(fault(&many), Fault::TooManyLegs);
        let full = |e: &mut Editor| {
            e.change(|r| r.legs[1].places = vec![r.legs[0].places[0].clone(); MAX_SHOTS + 1]);
        };
        assert_eq!(fault(&full), Fault::TooManyPlaces(1));
    }

    #[test]
    fn every_change_can_be_taken_back_and_a_word_is_one_change() {
        let mut editor = written();
        let before = editor.round().clone();
        editor.write(Field::Name, "Pasar b");
        editor.write(Field::Name, "Pasar ba");
        editor.move_leg(0, false);
        assert_eq!(editor.round().legs[0].places[0].text, "2");
        editor.undo();
        assert_eq!(editor.round().name, "Pasar ba");
        editor.undo();
        assert_eq!(editor.round(), &before);
        while editor.has_past() {
            editor.undo();
        }
        assert_eq!(editor, Editor::new(Some(at(1))));
        editor.move_leg(0, true);
        editor.move_leg(0, false);
        assert!(!editor.has_past(), "there is nowhere to move to");
        for _ in 0..200 {
            editor.add_leg();
        }
        assert_eq!(editor.past.len(), MAX_PAST);
    }

    #[test]
    fn a_step_can_be_what_hangs_there() {
        let layout = Layout::grid(3, 1).unwrap();
        let layout = layout.with(at(1), Tile::Camera { camera: id("cam-1") }, Rank::Pinned).unwrap();
        let layout = layout.with(at(2), Tile::Camera { camera: id("cam-2") }, Rank::Watched).unwrap();
        let layout = layout.with(at(3), Tile::Clock, Rank::Context).unwrap();
        let mut editor = Editor::new(None);
        editor.write(Field::Name, "Pagi");
        editor.add_leg_of(&layout, ToString::to_string);
        let draft = editor.finish(fresh(), |_| None).unwrap();
        assert_eq!(draft.steps.len(), 1, "the blank first step is gone");
        assert_eq!(
            draft.steps[0].shots,
            [Shot { at: at(2), camera: id("cam-2") }],
            "what is pinned stays anyway"
        );
    }
}
