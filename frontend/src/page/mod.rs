//! The pages: each takes the city's state and lays its parts out.
//!
//! **Invariant:** no page knows of another. Each is the root of a module of its own, and loads what it names.

#![expect(unreachable_pub, reason = "the component macro makes public builders of private components")]

mod debug;
mod desk;
mod home;
mod ops;
mod wall;

use leptos::prelude::*;

use self::desk::Desk;
use self::home::Home;
use self::ops::Ops;
use self::wall::Wall;
use crate::browser::best_effort;
use crate::text::{self, Text};

/// Where the chosen language is kept.
const LANGUAGE_KEY: &str = "pantau.lang";

/// Starts the wall, at `/wall/{screen}`.
pub fn wall() {
    open(text::of_wall, |text, path| {
        let name_in_path = path.strip_prefix("/wall/").unwrap_or_default().trim_end_matches('/').to_owned();
        view! { <Wall text name_in_path/> }.into_any()
    });
}

/// Starts the desk, at `/desk`.
pub fn desk() {
    open(text::of, |text, _| view! { <Desk text/> }.into_any());
}

/// Starts the operations page, at `/ops`, or the start page, at `/`.
pub fn ops() {
    open(text::of, |text, path| {
        if path.starts_with("/ops") {
            view! { <Ops text/> }.into_any()
        } else {
            view! { <Home text/> }.into_any()
        }
    });
}

/// What text a page has for the code of a language.
type Languages = fn(&str) -> &'static Text;

/// Puts a page into the window. What it is to show it learns from the language and the path of its address.
fn open(languages: Languages, page: fn(&'static Text, &str) -> AnyView) {
    let language = language(languages);
    let path = web_sys::window().and_then(|w| w.location().pathname().ok()).unwrap_or_default();
    if let Some(document) = web_sys::window().and_then(|w| w.document()) {
        if let Some(root) = document.document_element() {
            best_effort(root.set_attribute("lang", language.code));
        }
        if let Some(loading) = document.get_element_by_id("boot") {
            loading.remove();
        }
    }
    leptos::mount::mount_to_body(move || page(language, &path));
}

/// `?lang=` wins and is kept; then what was kept; then Indonesian.
fn language(languages: Languages) -> &'static Text {
    let Some(window) = web_sys::window() else { return &text::ID };
    let storage = window.local_storage().ok().flatten();
    match asked("lang") {
        Some(code) => {
            let language = languages(&code);
            if let (Some(storage), true) = (storage, language.is_spoken()) {
                best_effort(storage.set_item(LANGUAGE_KEY, language.code));
            }
            language
        }
        None => text::of(&storage.and_then(|s| s.get_item(LANGUAGE_KEY).ok().flatten()).unwrap_or_default()),
    }
}

/// What the page's address says of this name. Words only: nothing is decoded.
fn asked(name: &str) -> Option<String> {
    let query = web_sys::window()?.location().search().ok()?;
    let mut pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}
