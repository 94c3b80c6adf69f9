//! What an agency's event changes.

use pantau_schemas::entry::Change;
use pantau_schemas::event::{FeedContent, FeedEvent};
use pantau_schemas::ids::AgencyCode;
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

/// The change an event makes. A second event that brings a ticket which is known already changes nothing.
pub(crate) fn happened(world: &World, event: &FeedEvent, received: Timestamp) -> Option<Change> {
    let agency = event.agency.clone().filter(|code| registered(world, code));
    match &event.content {
        FeedContent::Complaint(complaint) => (!world.complaints.contains_key(&complaint.id))
            .then(|| Change::ComplaintReceived { complaint: complaint.as_ref().clone(), agency, received }),
        FeedContent::ComplaintStep { complaint, step } => {
            Some(Change::ComplaintMoved { complaint: complaint.clone(), step: *step, agency, at: event.time })
        }
        FeedContent::Note { kind, subject, title } => Some(Change::AgencyNoted {
            agency,
            event: kind.clone(),
            subject: subject.clone(),
            title: title.clone(),
            at: event.time,
        }),
    }
}

fn registered(world: &World, agency: &AgencyCode) -> bool {
    world.registry.agencies.contains_key(agency)
}
