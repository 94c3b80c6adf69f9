//! The newest words of the agencies: complaints and notes in one line of time.

use pantau_schemas::event::ComplaintStep;
use pantau_schemas::ids::AgencyCode;
use pantau_schemas::order;
use pantau_schemas::registry::Registry;
use pantau_schemas::text::clean;
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

/// Characters of a line: more than fits on half of any wall, which cuts it to its width.
const MAX_CHARS: usize = 160;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What makes it itself.
    pub key: String,
    /// What happened to a complaint; `None` for a note.
    pub step: Option<ComplaintStep>,
    /// What it says, cut to what any wall can show.
    pub title: String,
    /// Whose it is, as people call it.
    pub agency: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// The newest `limit` lines.
#[must_use]
pub fn feed(world: &World, limit: usize) -> Vec<Item> {
    let agency = |code: &Option<AgencyCode>| code.as_ref().map(|code| called(&world.registry, code));
    let complaints = world.complaints.iter().map(|(id, complaint)| {
        let new = &complaint.new;
        let title = match (new.service_name.trim(), new.description.trim()) {
            (service, "") => service.to_owned(),
            ("", description) => description.to_owned(),
            (service, description) => format!("{service}: {description}"),
        };
        (complaint.updated, format!("c{id}"), Some(complaint.step), title, &complaint.agency)
    });
    let notes = world
        .notes
        .iter()
        .map(|note| (note.at, format!("n{}", note.seq), None, note.title.clone(), &note.agency));
    let mut all: Vec<_> = complaints.chain(notes).collect();
    order::sort_by(&mut all, |a, b| b.0.cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
    all.truncate(limit);
    all.into_iter()
        .map(|(at, key, step, title, code)| Item {
            key,
            step,
            title: clean(&title, MAX_CHARS),
            agency: agency(code),
            at,
        })
        .collect()
}

/// What people call an agency: its shortest name. The code when it is not registered.
fn called(registry: &Registry, code: &AgencyCode) -> String {
    let Some(agency) = registry.agencies.get(code) else { return code.to_string() };
    let names = agency.aliases.iter().chain([&agency.name]).filter(|name| !name.trim().is_empty());
    names.min_by_key(|name| name.chars().count()).map_or_else(|| code.to_string(), |name| clean(name, 40))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::event::NewComplaint;
    use pantau_schemas::ids::{ComplaintId, Seq};
    use pantau_schemas::world::{Complaint, Note};

    #[test]
    fn complaints_and_notes_share_one_line_of_time() {
        let mut world = World::default();
        let id = ComplaintId::new("LPR-1").unwrap();
        let new = NewComplaint {
            id: id.clone(),
            service_code: "jalan".to_owned(),
            service_name: "Jalan rusak".to_owned(),
            description: "<script>\u{202e}lubang ".to_owned() + &"x".repeat(10_000),
            address: String::new(),
            position: None,
            channel: "sms".to_owned(),
            requested: Timestamp::EPOCH,
        };
        let (received, updated) = (Timestamp::from_secs(5), Timestamp::from_secs(9));
        let complaint = Complaint { new, agency: None, received, step: ComplaintStep::Assigned, updated };
        world.complaints.insert(id, complaint);
        for seq in [7, 8] {
            world.notes.push_back(Note {
                seq: Seq(seq),
                agency: Some(AgencyCode::new("pupr").unwrap()),
                event: "agency.note".to_owned(),
                subject: String::new(),
                title: format!("note {seq}"),
                at: Timestamp::from_secs(if seq == 7 { 1 } else { 99 }),
            });
        }
        let items = feed(&world, 2);
        assert_eq!(items.iter().map(|i| i.key.as_str()).collect::<Vec<_>>(), ["n8", "cLPR-1"]);
        assert_eq!(items[0].agency.as_deref(), Some("pupr"));
        assert_eq!(items[1].title.chars().count(), MAX_CHARS);
        assert!(items[1].title.starts_with("Jalan rusak: <script>lubang"));
    }
}
