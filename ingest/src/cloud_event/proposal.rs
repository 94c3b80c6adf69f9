//! `proposal.*`: what citizens propose for next year's plan (Musrenbang), with Open311 names.

use pantau_schemas::ids::ComplaintId;
use pantau_schemas::text::clean;
use url::Url;

use crate::cloud_event::content::MAX_LINE;
use crate::fault::Fault;
use crate::fields::Fields;

/// Longest address of a photo, bytes.
const MAX_URL: usize = 2_048;

/// What a type demands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rule {
    /// A photo of the place, in `media_url`.
    Photo,
    /// A reason that can be read, in `reason` or Open311's `status_notes`.
    Reason,
    /// Nothing more.
    Plain,
}

/// The line for people.
pub(crate) fn title(data: &Fields<'_>, rule: Rule) -> Result<String, Fault> {
    let key = "service_request_id";
    let id = data.required(key, data.parsed(key, ComplaintId::new)?)?;
    let name = match data.shown("title", MAX_LINE)? {
        Some(title) => Some(title),
        None => data.shown("description", MAX_LINE)?,
    };
    match rule {
        Rule::Photo => {
            photo(data)?;
            data.required("description", name)
        }
        Rule::Reason => {
            let key = if data.get("reason").is_none() && data.get("status_notes").is_some() {
                "status_notes"
            } else {
                "reason"
            };
            let reason = data.required_shown(key, MAX_LINE)?;
            let name = name.unwrap_or_else(|| id.as_str().to_owned());
            Ok(clean(&format!("{name}: {reason}"), MAX_LINE))
        }
        Rule::Plain => Ok(name.unwrap_or_else(|| clean(id.as_str(), MAX_LINE))),
    }
}

fn photo(data: &Fields<'_>) -> Result<(), Fault> {
    let key = "media_url";
    let text = data.required(key, data.text(key)?)?;
    let web = |url: Url| matches!(url.scheme(), "https" | "http") && url.has_host();
    if text.len() > MAX_URL || !Url::parse(text).is_ok_and(web) {
        return Err(data.fault(key, "must be the http or https address of a photo"));
    }
    Ok(())
}
