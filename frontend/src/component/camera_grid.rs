//! All cameras of the wall, grouped by category, aligned in one grid.
//!
//! Cameras that `room` has no place for are counted. `eye` is how
//! many device pixels the farthest reader has within a minute of arc, where that is known.
//!
//! Tiles are placed, not nested: when the registry changes they move, and no picture is interrupted.

use std::collections::BTreeMap;

use leptos::prelude::*;
use pantau_schemas::ids::DeviceId;

use crate::component::each::Each;
use crate::component::follow::follow;
use crate::format::count;
use crate::live::city::City;
use crate::media::choice::Missing;
use crate::media::screen::Screen;
use crate::view::cameras::{Cameras, cameras};
use crate::view::grid::{Plan as Tiles, arrange};
use crate::view::room::Plan;

use super::camera_tile::CameraTile;

#[component]
pub(crate) fn CameraGrid(
    city: City,
    screen: Result<Screen, Missing>,
    on: Signal<String>,
    eye: Signal<Option<f64>>,
    room: Signal<Plan>,
) -> impl IntoView {
    let text = city.text;
    let fits = move |groups: &[usize], left_out| room.get().fits(groups, left_out);
    let all = Memo::new(move |_| city.of_registry(|r| cameras(&r.world().registry, fits)));
    let plan = Memo::new(move |_| {
        let sizes: Vec<usize> = all.with(|all| all.groups.iter().map(|group| group.cameras.len()).collect());
        arrange(&sizes, &room.get().area(all.with(|all| all.left_out)))
    });
    let places = Memo::new(move |_| all.with(|all| plan.with(|plan| places(all, plan))));
    let headings =
        Memo::new(move |_| all.with(|all| plan.with(|plan| headings(all, plan, text.other_category))));
    let flat = move || all.with(|all| all.groups.iter().flat_map(|g| g.cameras.clone()).collect::<Vec<_>>());
    let empty = Memo::new(move |_| city.known.get() && all.with(|all| all.groups.is_empty()));
    let loading = Memo::new(move |_| !city.known.get());
    let left_out = Memo::new(move |_| all.with(|all| all.left_out));
    view! {
        <section class="cameras" aria-label=text.cameras>
            <div
                class="grid"
                style:--columns=move || plan.with(|plan| plan.columns.max(1).to_string())
                style:--rows=move || plan.with(|plan| plan.rows.len().max(1).to_string())
            >
                <Each each=move || headings.get() key=|heading| heading.clone() let:heading>
                    <h2
                        class="group"
                        style:grid-column=format!("{} / span {}", heading.column, heading.span)
                        style:grid-row=(heading.row * 2 - 1).to_string()
                    >
                        <bdi>{heading.title}</bdi>
                    </h2>
                </Each>
                <Each each=flat key=|camera| camera.id.clone() let:camera>
                    {
                        let id = camera.id.clone();
                        let place = follow(move |_| {
                            let (column, row) = places.with(|p| p.get(&id).copied().unwrap_or((1, 1)));
                            // Every second line is one of headings.
                            (column.to_string(), (row * 2).to_string())
                        });
                        view! { <CameraTile city screen camera=camera.id place=place.into() on eye/> }
                    }
                </Each>
            </div>
            <p class="left-out" hidden=move || left_out.get() == 0>
                {move || (text.more_cameras)(&count(text, left_out.get()))}
            </p>
            <div class="empty" hidden=move || !empty.get()>
                <strong>{text.no_cameras}</strong>
                <span>{text.no_cameras_hint}</span>
            </div>
            <div class="empty" hidden=move || !loading.get()>
                <span>{text.loading}</span>
            </div>
        </section>
    }
}

/// The heading of a group's part in one row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Heading {
    title: String,
    column: usize,
    row: usize,
    span: usize,
}

fn headings(all: &Cameras, plan: &Tiles, other: &str) -> Vec<Heading> {
    let mut out = Vec::new();
    for (row, segments) in plan.rows.iter().enumerate() {
        let mut column = 1;
        for segment in segments {
            let category = all.groups.get(segment.group).map(|group| group.category.as_str());
            let title = category.filter(|c| !c.is_empty()).unwrap_or(other);
            out.push(Heading { title: title.to_owned(), column, row: row + 1, span: segment.count });
            column += segment.count;
        }
    }
    out
}

/// Column and row of every camera, from 1.
fn places(all: &Cameras, plan: &Tiles) -> BTreeMap<DeviceId, (usize, usize)> {
    let mut out = BTreeMap::new();
    for (row, segments) in plan.rows.iter().enumerate() {
        let mut column = 1;
        for segment in segments {
            let cameras =
                all.groups.get(segment.group).map(|group| group.cameras.as_slice()).unwrap_or_default();
            for camera in cameras.iter().skip(segment.first).take(segment.count) {
                out.insert(camera.id.clone(), (column, row + 1));
                column += 1;
            }
        }
    }
    out
}
