//! The desk as its parts share it: which screen, which cell, which camera, and the commands on their way.
//!
//! What hangs on the wall is read from the World alone; a command that is under way is a mark beside it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use pantau_schemas::command::Command;
use pantau_schemas::ids::{DeviceId, PresetId, ScreenId, Seq};
use pantau_schemas::registry::CameraNumber;
use pantau_schemas::wall::{
    AlarmUse, At, Cell, DEFAULT_SCREEN, Draft, Label, Layout, PresetNumber, Rank, Tile, Wall,
};
use serde_json::json;

use super::call_up::{CallUp, Called};
use super::cells::{Direction, selected};
use super::merge::{Unmergeable, merged, split};
use super::order::{Next, Orders, Outcome, State, TooMany, after, uuid};
use super::search::{Card, cards, find};
use super::zones::{next_use, use_of, zoned};
use crate::browser::{post_json, random_bytes, sleep};
use crate::live::city::{City, Link};
use crate::text::desk::{self, Desk as Words};

/// How long one attempt may take, ms: a little more than the server takes to answer that it cannot.
const ATTEMPT_MS: u32 = 8_000;

/// The desk. Copies are the same desk.
#[derive(Clone, Copy)]
pub(crate) struct Office {
    /// The city.
    pub(crate) city: City,
    /// The commands.
    pub(crate) orders: RwSignal<Orders>,
    /// A command is under way.
    sending: StoredValue<bool>,
    /// The screen that is worked on.
    pub(crate) screen: RwSignal<Option<ScreenId>>,
    /// The place that was chosen on it.
    chosen: RwSignal<Option<At>>,
    /// The camera on the monitor.
    pub(crate) spot: RwSignal<Option<DeviceId>>,
    /// The digits typed so far.
    pub(crate) call_up: RwSignal<CallUp>,
    /// What is looked for.
    pub(crate) typed: RwSignal<String>,
    /// The camera of the list that has, or last had, the focus.
    pub(crate) item: RwSignal<Option<DeviceId>>,
    /// The camera that is being dragged.
    pub(crate) dragged: RwSignal<Option<DeviceId>>,
    /// Every camera, as it is looked for.
    pub(crate) cards: Memo<Vec<Card>>,
    /// Cameras by their number.
    pub(crate) numbers: Memo<BTreeMap<CameraNumber, DeviceId>>,
    /// The cameras that fit, and how many more do.
    pub(crate) hits: Memo<(Vec<Card>, usize)>,
    /// What the screen shows at this moment, where it is a layout.
    pub(crate) layout: Memo<Option<Layout>>,
    /// The selected cell.
    pub(crate) cell: Memo<Option<Cell>>,
}

impl Office {
    pub(crate) fn new(city: City) -> Self {
        let (typed, chosen) = (RwSignal::new(String::new()), RwSignal::new(None));
        let screen = RwSignal::new(ScreenId::new(DEFAULT_SCREEN).ok());
        let all = Memo::new(move |_| city.of_registry(|r| cards(&r.world().registry)));
        let numbers = Memo::new(move |_| city.of_registry(|r| r.world().registry.camera_numbers()));
        let hits = Memo::new(move |_| all.with(|all| typed.with(|typed| find(all, typed))));
        let layout = Memo::new(move |_| {
            let screen = screen.get()?;
            city.of_walls(|r| Some(r.world().walls.shown(&screen)?.layout()?.clone()))
        });
        let cell = Memo::new(move |_| layout.with(|layout| selected(layout.as_ref()?, chosen.get())));
        Self {
            city,
            orders: RwSignal::default(),
            sending: StoredValue::new(false),
            screen,
            chosen,
            spot: RwSignal::new(None),
            call_up: RwSignal::default(),
            typed,
            item: RwSignal::new(None),
            dragged: RwSignal::new(None),
            cards: all,
            numbers,
            hits,
            layout,
            cell,
        }
    }

    /// The page's words.
    pub(crate) fn words(self) -> &'static Words {
        desk::of(self.city.text)
    }

    /// Why nothing can be changed at this moment.
    pub(crate) fn blocked(self) -> Option<&'static str> {
        let words = self.words();
        if self.city.link.get() == Link::Down || self.city.silent.get().is_some() {
            Some(words.blocked_link)
        } else {
            self.city.store_down().map(|_| words.blocked_store)
        }
    }

    /// The journal is durable up to here, as far as this page was told.
    pub(crate) fn settled(self) -> Seq {
        self.city.of_server(|r| r.server.settled)
    }

    /// What hangs on the screen, without what a tour lays over it.
    pub(crate) fn wall(self) -> Option<Wall> {
        let screen = self.screen.get()?;
        self.city.of_walls(|r| Some(r.world().walls.screens.get(&screen)?.wall.clone()))
    }

    /// What alarms may do with the cell at a place of the layout that people hung; `None` where nobody said.
    pub(crate) fn alarm_use(self, at: At) -> Option<AlarmUse> {
        let wall = self.wall()?;
        let layout = wall.content.layout()?;
        use_of(layout, &layout.cell(at)?)
    }

    /// The name of a camera.
    pub(crate) fn name(self, camera: &DeviceId) -> String {
        let known = self.city.read(|r| r.world().registry.devices.get(camera).map(|d| d.name.clone()));
        known.unwrap_or_else(|| camera.to_string())
    }

    /// A cell as people call it.
    pub(crate) fn place(self, at: At) -> String {
        (self.words().cell)(&at.column.to_string(), &at.row.to_string())
    }

    /// Another place of the grid.
    pub(crate) fn select(self, at: At) {
        self.chosen.set(Some(at));
    }

    /// Another screen.
    pub(crate) fn to_screen(self, screen: &str) {
        self.screen.set(ScreenId::new(screen).ok());
        self.chosen.set(None);
    }

    /// Says something to the person.
    pub(crate) fn say(self, words: impl Into<String>) {
        let words = words.into();
        self.orders.update(|orders| orders.note(words));
    }

    /// Takes the digits: the camera that they call.
    pub(crate) fn called(self) -> Option<DeviceId> {
        let called = self.numbers.with_untracked(|numbers| self.call_up.get_untracked().camera(numbers));
        self.call_up.set(CallUp::default());
        match called? {
            Called::Camera(camera) => Some(camera),
            Called::Nobody(digits) => {
                self.say((self.words().nobody)(&digits));
                None
            }
        }
    }

    /// Hangs the preset whose number was typed.
    pub(crate) fn call_preset(self) {
        let call_up = self.call_up.get_untracked();
        self.call_up.set(CallUp::default());
        let number = call_up.number().and_then(|number| PresetNumber::new(number.try_into().ok()?).ok());
        let known = number.and_then(|number| self.preset(number));
        match known {
            Some((preset, name)) => self.hang(preset, name),
            None => self.say((self.words().no_preset)(call_up.digits())),
        }
    }

    /// The preset with a number: its id and its name. Follows the walls.
    pub(crate) fn preset(self, number: PresetNumber) -> Option<(PresetId, Label)> {
        self.city.of_walls(|r| {
            let found = r.world().walls.presets.values().find(|preset| preset.number == Some(number));
            found.map(|preset| (preset.id.clone(), preset.name.clone()))
        })
    }

    /// Hangs a preset.
    pub(crate) fn hang(self, preset: PresetId, name: Label) {
        self.give(name.to_string(), None, |screen| Command::WallPresetApply { screen, preset });
    }

    /// Keeps what hangs there as the preset of a number; one of that number is replaced.
    pub(crate) fn keep(self, number: PresetNumber, name: Label) {
        let known = self.preset(number).map(|(id, _)| id);
        let id = known.or_else(|| PresetId::new(&format!("preset-{}", number.get())).ok());
        let Some(preset) = id else { return };
        let words = (self.words().preset)(&number.get().to_string(), name.as_str());
        self.give(words, None, |screen| Command::WallPresetSave {
            screen,
            preset,
            name,
            number: Some(number),
        });
    }

    /// Puts a camera into a cell, or into the selected one.
    pub(crate) fn put(self, camera: DeviceId, at: Option<At>, rank: Rank) {
        let Some(at) = at.or_else(|| self.cell.with_untracked(|cell| Some(cell.as_ref()?.area.at()))) else {
            self.say(self.words().no_cells);
            return;
        };
        let words = (self.words().put)(&self.name(&camera), &self.place(at));
        let tile = Tile::Camera { camera };
        self.give(words, Some(at), |screen| Command::WallShow { screen, at, tile, rank });
    }

    /// Does something to the selected cell.
    pub(crate) fn with_cell(self, words: &str, command: impl FnOnce(ScreenId, At) -> Command) {
        let Some(at) = self.cell.with_untracked(|cell| Some(cell.as_ref()?.area.at())) else {
            self.say(self.words().no_cells);
            return;
        };
        let words = format!("{words}: {}", self.place(at));
        self.give(words, Some(at), |screen| command(screen, at));
    }

    /// Pins the selected cell, or lets it go.
    pub(crate) fn pin(self) {
        if self.cell.with_untracked(|cell| cell.as_ref().is_some_and(|cell| cell.rank == Rank::Pinned)) {
            self.with_cell(self.words().unpin, |screen, at| Command::WallUnpin { screen, at });
        } else {
            self.with_cell(self.words().pin, |screen, at| Command::WallPin { screen, at });
        }
    }

    /// A grid of empty cells.
    pub(crate) fn lay_out(self, columns: u8, rows: u8) {
        let layout = Draft { columns, rows, cells: Vec::new(), zones: Vec::new() };
        let words = (self.words().grid)(columns, rows);
        self.give(words, None, |screen| Command::WallLayout { screen, layout });
    }

    /// Merges the selected cell with what lies beside it.
    pub(crate) fn merge(self, direction: Direction) {
        self.reshape(self.words().merge, |layout, at| merged(layout, at, direction));
    }

    /// Makes the selected cell single places again.
    pub(crate) fn split(self) {
        self.reshape(self.words().split, split);
    }

    /// Offers the selected cell to alarms, keeps it from them, or leaves it to the layout, in turn.
    pub(crate) fn next_alarm_use(self) {
        let words = self.words();
        let next = next_use(untrack(|| self.alarm_use(self.cell.get()?.area.at())));
        self.reshape((words.alarm_use)(next), |layout, at| zoned(layout, at, next).ok_or(Unmergeable::Edge));
    }

    /// Another shape of the layout that people hung: tours and alarms lie over it.
    fn reshape(self, words: &str, shape: impl FnOnce(&Layout, At) -> Result<Draft, Unmergeable>) {
        let wall = untrack(|| self.wall());
        let layout = wall.as_ref().and_then(|wall| wall.content.layout());
        let at = self.cell.with_untracked(|cell| Some(cell.as_ref()?.area.at()));
        let Some((layout, at)) = layout.zip(at) else {
            self.say(self.words().no_cells);
            return;
        };
        match shape(layout, at) {
            Ok(layout) => {
                let words = format!("{words}: {}", self.place(at));
                self.give(words, Some(at), |screen| Command::WallLayout { screen, layout });
            }
            Err(Unmergeable::Edge) => self.say(self.words().merge_edge),
            Err(Unmergeable::Pinned) => self.say(self.words().merge_pinned),
            Err(Unmergeable::Single) => self.say(self.words().split_single),
        }
    }

    /// Gives a command to the server, about a cell perhaps. Nothing is changed here.
    pub(crate) fn give(self, words: String, at: Option<At>, command: impl FnOnce(ScreenId) -> Command) {
        if let Some(why) = untrack(|| self.blocked()) {
            self.say(why);
            return;
        }
        let Some(screen) = self.screen.get_untracked() else { return };
        let place = at.map(|at| (screen.clone(), at));
        let body = json!({ "id": uuid(random_bytes()), "command": command(screen) }).to_string();
        match self.orders.try_update(|orders| orders.give(words, place, body)) {
            Some(Err(TooMany)) => self.say(self.words().too_many),
            _ => self.send(),
        }
    }

    /// Sends what waits, one after the other.
    fn send(self) {
        if self.sending.get_value() {
            return;
        }
        self.sending.set_value(true);
        leptos::task::spawn_local(async move {
            while let Some((number, body)) = self.orders.try_update(Orders::take).flatten() {
                let outcome = self.attempts(number, &body).await;
                self.orders.update(|orders| orders.is(number, State::Over(outcome)));
            }
            self.sending.set_value(false);
        });
    }

    async fn attempts(self, number: u32, body: &str) -> Outcome {
        let mut attempt = 1;
        loop {
            let answer = post_json("/v1/commands", self.city.text.code, body, ATTEMPT_MS).await;
            match after(answer.as_ref().map(|(status, body)| (*status, body.as_str())), attempt) {
                Next::Over(outcome) => return outcome,
                Next::Again(ms) => sleep(ms).await,
            }
            attempt += 1;
            self.orders.update(|orders| orders.is(number, State::Sent(attempt)));
        }
    }
}
