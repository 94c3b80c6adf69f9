//! Keys that go down anywhere on the desk become acts (`desk::keys`), and acts become commands and focus.

use leptos::{ev, html, prelude::*};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::wall::Rank;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement};

use super::camera_list::element_id;
use super::{help, monitor, toolbar};
use crate::browser::best_effort;
use crate::desk::call_up::CallUp;
use crate::desk::cells::next;
use crate::desk::keys::{Act, Place, Press, act};
use crate::desk::office::Office;

/// Listens for as long as the page is there.
pub(crate) fn listen(office: Office, sheet: NodeRef<html::Dialog>) {
    let handle = window_event_listener(ev::keydown, move |event| {
        let Some(document) = document() else { return };
        let focused = document.active_element();
        let Some(place) = place(focused.as_ref()) else { return };
        let press = Press {
            key: &event.key(),
            shift: event.shift_key(),
            control: event.ctrl_key() || event.meta_key(),
            alt: event.alt_key(),
        };
        if event.is_composing() || event.default_prevented() {
            return;
        }
        let calling = office.call_up.with_untracked(|call_up| !call_up.is_empty());
        let Some(act) = act(press, place, calling) else { return };
        event.prevent_default();
        let walks = matches!(act, Act::Walk { .. } | Act::Select(_) | Act::Erase);
        // A key that is held down gives one command.
        if !event.repeat() || walks {
            perform(office, sheet, act);
        }
    });
    on_cleanup(move || handle.remove());
}

/// Where the focus is; `None` in a dialog, which has its own keys.
fn place(focused: Option<&Element>) -> Option<Place> {
    let Some(focused) = focused else { return Some(Place::Page) };
    if focused.closest("dialog").ok().flatten().is_some() {
        return None;
    }
    let marked = focused.closest("[data-place]").ok().flatten();
    let place = match marked.and_then(|marked| marked.get_attribute("data-place")).as_deref() {
        Some("search") => Place::Search,
        Some("list") => Place::List,
        Some("cell") => Place::Cell,
        _ => match focused.tag_name().as_str() {
            "INPUT" | "TEXTAREA" | "SELECT" => Place::Typing,
            "BUTTON" | "A" | "SUMMARY" => Place::Control,
            _ => Place::Page,
        },
    };
    Some(place)
}

/// Whether somebody is in the middle of something: typing, calling a number, reading a sheet, waiting for a command.
pub(crate) fn is_busy(office: Office) -> bool {
    let focused = document().and_then(|document| document.active_element());
    let place = place(focused.as_ref());
    let settled = untrack(|| office.settled());
    matches!(place, None | Some(Place::Typing | Place::Search))
        || office.call_up.with_untracked(|call_up| !call_up.is_empty())
        || office.orders.with_untracked(|orders| orders.lines().any(|line| line.is_open(settled)))
}

fn perform(office: Office, sheet: NodeRef<html::Dialog>, act: Act) {
    let calling = || office.call_up.with_untracked(|call_up| !call_up.is_empty());
    let item = || office.item.get_untracked();
    match act {
        Act::Digit(digit) => office.call_up.update(|call_up| call_up.push(digit)),
        Act::Erase => office.call_up.update(CallUp::erase),
        Act::Forget => office.call_up.set(CallUp::default()),
        Act::CallToMonitor => to_monitor(office, office.called()),
        Act::CallToCell if calling() => {
            if let Some(camera) = office.called() {
                office.put(camera, None, Rank::Watched);
            }
        }
        Act::CallToCell => monitor::to_cell(office),
        Act::CallPreset => office.call_preset(),
        Act::Search => focus("#search"),
        Act::LeaveSearch => focus("[data-place=list] [tabindex='0']"),
        Act::FirstHit => {
            let first = office.hits.with_untracked(|(hits, _)| hits.first().map(|card| card.id.clone()));
            if first.is_none() {
                office.say(office.words().no_hits);
            }
            to_monitor(office, first);
        }
        Act::Walk { down } => {
            walk(office, |at, last| if down { at.saturating_add(1).min(last) } else { at.saturating_sub(1) })
        }
        Act::WalkToEnd { last: to_last } => walk(office, |_, last| if to_last { last } else { 0 }),
        Act::ItemToMonitor => to_monitor(office, item()),
        Act::ItemToCell => {
            if let Some(camera) = item() {
                office.put(camera, None, Rank::Watched);
            }
        }
        Act::Select(direction) => {
            let to = office.layout.with_untracked(|layout| {
                let from = office.cell.get_untracked()?.area;
                next(layout.as_ref()?, from, direction)
            });
            if let Some(at) = to {
                office.select(at);
                focus(&format!(".pick[data-at='{},{}']", at.column, at.row));
            }
        }
        Act::CellToMonitor => {
            let camera = office.cell.with_untracked(|cell| cell.as_ref()?.tile.camera().cloned());
            if camera.is_none() {
                office.say(office.words().no_camera_in_cell);
            }
            to_monitor(office, camera);
        }
        Act::Merge(direction) => office.merge(direction),
        Act::Split => office.split(),
        Act::AlarmUse => office.next_alarm_use(),
        Act::ClearCell => toolbar::clear_cell(office),
        Act::ClearWall => toolbar::clear_wall(office),
        Act::Undo => toolbar::undo(office),
        Act::Pin => office.pin(),
        Act::FullScreen => monitor::full_screen(),
        Act::ToWall => focus(".pick[tabindex='0']"),
        Act::Help => help::open(sheet),
    }
}

fn to_monitor(office: Office, camera: Option<DeviceId>) {
    if let Some(camera) = camera {
        office.spot.set(Some(camera));
    }
}

/// Moves the focus along the list.
fn walk(office: Office, to: impl Fn(usize, usize) -> usize) {
    let item = office.item.get_untracked();
    let target = office.hits.with_untracked(|(hits, _)| {
        let at = hits.iter().position(|card| Some(&card.id) == item.as_ref()).unwrap_or(0);
        hits.get(to(at, hits.len().saturating_sub(1))).map(|card| card.id.clone())
    });
    if let Some(camera) = target {
        let id = element_id(camera.as_str());
        if let Some(line) = document().and_then(|document| document.get_element_by_id(&id)) {
            focus_on(line);
        }
    }
}

/// The focus to the first element that fits, at once: the next key belongs there.
fn focus(selector: &str) {
    if let Some(element) = document().and_then(|document| document.query_selector(selector).ok().flatten()) {
        focus_on(element);
    }
}

fn focus_on(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        best_effort(element.focus());
    }
}

fn document() -> Option<Document> {
    web_sys::window().and_then(|window| window.document())
}
