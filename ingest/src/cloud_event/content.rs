//! The event types of the contract, and who reads the data of each.

use pantau_schemas::event::{ComplaintStep, FeedContent};
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;

use crate::cloud_event::{complaint, money, note, proposal};
use crate::fault::Fault;
use crate::fields::Fields;

/// Longest line for people, in characters.
pub(crate) const MAX_LINE: usize = 200;

/// What stands around the name of a type.
const PREFIX: &str = "id.pantau.";
const VERSION: &str = ".v1";

/// A type of the contract.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// The type without prefix and version.
    name: &'static str,
    reader: Reader,
}

#[derive(Debug, Clone, Copy)]
enum Reader {
    Complaint(ComplaintStep),
    Proposal(proposal::Rule),
    Money(money::Rule),
    App,
    Note,
}

const KINDS: [Kind; 20] = [
    Kind { name: "complaint.received", reader: Reader::Complaint(ComplaintStep::Received) },
    Kind { name: "complaint.assigned", reader: Reader::Complaint(ComplaintStep::Assigned) },
    Kind { name: "complaint.responded", reader: Reader::Complaint(ComplaintStep::Responded) },
    Kind { name: "complaint.feedback_sent", reader: Reader::Complaint(ComplaintStep::FeedbackSent) },
    Kind { name: "complaint.reopened", reader: Reader::Complaint(ComplaintStep::Reopened) },
    Kind { name: "complaint.closed", reader: Reader::Complaint(ComplaintStep::Closed) },
    Kind { name: "proposal.submitted", reader: Reader::Proposal(proposal::Rule::Photo) },
    Kind { name: "proposal.forwarded", reader: Reader::Proposal(proposal::Rule::Plain) },
    Kind { name: "proposal.accepted", reader: Reader::Proposal(proposal::Rule::Plain) },
    Kind { name: "proposal.rejected", reader: Reader::Proposal(proposal::Rule::Reason) },
    Kind { name: "proposal.deferred", reader: Reader::Proposal(proposal::Rule::Plain) },
    Kind { name: "plan.item", reader: Reader::Money(money::Rule::Optional) },
    Kind { name: "budget.line", reader: Reader::Money(money::Rule::Required) },
    Kind { name: "budget.realised", reader: Reader::Money(money::Rule::Required) },
    Kind { name: "budget.accounted", reader: Reader::Money(money::Rule::Required) },
    Kind { name: "contract.signed", reader: Reader::Money(money::Rule::Required) },
    Kind { name: "contract.changed", reader: Reader::Money(money::Rule::Required) },
    Kind { name: "contract.paid", reader: Reader::Money(money::Rule::Required) },
    Kind { name: "app.health", reader: Reader::App },
    Kind { name: "agency.note", reader: Reader::Note },
];

impl Kind {
    /// The kind of a CloudEvents `type`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name = name.strip_prefix(PREFIX)?.strip_suffix(VERSION)?;
        KINDS.iter().find(|kind| kind.name == name).copied()
    }

    /// The data keeps Open311 names, and with them what citizens say of themselves.
    pub(crate) fn of_citizens(self) -> bool {
        matches!(self.reader, Reader::Complaint(_) | Reader::Proposal(_))
    }

    /// Says nothing without the agency.
    pub(crate) fn needs_agency(self) -> bool {
        matches!(self.reader, Reader::Complaint(ComplaintStep::Assigned))
    }
}

/// Reads the data of an event.
pub(crate) fn decode(
    kind: Kind,
    data: &Fields<'_>,
    subject: String,
    time: Timestamp,
    received: Timestamp,
    registry: &Registry,
) -> Result<FeedContent, Fault> {
    let title = match kind.reader {
        Reader::Complaint(ComplaintStep::Received) => return complaint::received(data, time, received),
        Reader::Complaint(step) => return complaint::moved(data, step),
        Reader::Proposal(rule) => proposal::title(data, rule)?,
        Reader::Money(rule) => money::title(data, &subject, rule)?,
        Reader::App => note::app_health(data, registry)?,
        Reader::Note => note::agency_note(data)?,
    };
    Ok(FeedContent::Note { kind: kind.name.to_owned(), subject, title })
}
