//! `app.health` and `agency.note`.

use pantau_schemas::ids::AppCode;
use pantau_schemas::registry::Registry;
use pantau_schemas::text::clean;

use crate::cloud_event::content::MAX_LINE;
use crate::fault::Fault;
use crate::fields::Fields;

/// `app.health`: `app` and `up`, with `http` (the status code) where it is known.
pub(crate) fn app_health(data: &Fields<'_>, registry: &Registry) -> Result<String, Fault> {
    let app = data.required("app", data.parsed("app", AppCode::new)?)?;
    let up = data.required("up", data.boolean("up")?)?;
    let http = data.unsigned("http")?;
    let name = registry.apps.get(&app).map_or(app.as_str(), |app| app.name.as_str());
    let word = if up { "up" } else { "down" };
    Ok(match http {
        Some(http) => clean(&format!("{name}: {word} (HTTP {http})"), MAX_LINE),
        None => clean(&format!("{name}: {word}"), MAX_LINE),
    })
}

/// `agency.note`: a `title`, or a `text` alone.
pub(crate) fn agency_note(data: &Fields<'_>) -> Result<String, Fault> {
    let key = if data.get("title").is_none() && data.get("text").is_some() { "text" } else { "title" };
    data.required_shown(key, MAX_LINE)
}
