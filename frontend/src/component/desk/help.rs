//! The sheet of shortcuts: a modal dialog, so the focus stays in it and Escape closes it.

use leptos::{html, prelude::*};

use crate::text::desk::Desk;

#[component]
pub(crate) fn Help(words: &'static Desk, dialog: NodeRef<html::Dialog>) -> impl IntoView {
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let line = |(keys, does): &'static (&'static str, &'static str)| {
        view! { <div><dt><kbd>{*keys}</kbd></dt><dd>{*does}</dd></div> }
    };
    view! {
        <dialog node_ref=dialog class="sheet" id="shortcuts" aria-labelledby="help-title">
            <h2 id="help-title">{words.shortcuts}</h2>
            <dl>{words.keys.iter().map(line).collect_view()}</dl>
            <button type="button" autofocus on:click=close>{words.close}</button>
        </dialog>
    }
}

/// Opens a dialog, once.
pub(crate) fn open(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) {
        crate::browser::best_effort(dialog.show_modal());
    }
}
