//! What an agency's event says, after its envelope (CloudEvents 1.0) was opened and its data checked.

use serde::{Deserialize, Serialize};

use crate::hash::Hash;
use crate::ids::{AgencyCode, ComplaintId, EventKey};
use crate::time::Timestamp;

/// One event of an agency's feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedEvent {
    /// Identity: a second arrival with the same key is a duplicate.
    pub key: EventKey,
    /// Digest of the body, to tell a duplicate from a conflict.
    pub body_hash: Hash,
    /// When it happened, as the source says.
    pub time: Timestamp,
    /// The agency it belongs to, where it is known.
    pub agency: Option<AgencyCode>,
    /// What it says.
    pub content: FeedContent,
    /// Who reported it: kept apart from the journal so that it can be erased (UU 27/2022).
    pub reporter: Option<Reporter>,
    /// The whole event as it came, for the inbox. Without the reporter.
    pub raw: String,
}

/// The content of a feed event.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedContent {
    /// `complaint.received`.
    Complaint(Box<NewComplaint>),
    /// `complaint.{assigned,responded,feedback_sent,reopened,closed}`.
    ComplaintStep {
        /// The ticket.
        complaint: ComplaintId,
        /// What happened to it.
        step: ComplaintStep,
    },
    /// Any other known type, by its title.
    Note {
        /// The type without prefix and version, for instance `budget.realised`.
        kind: String,
        /// CloudEvents `subject`, cleaned.
        subject: String,
        /// One line for people, cleaned.
        title: String,
    },
}

/// A complaint as it came in (Open311 `GeoReport` v2 names), cleaned for the eye.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewComplaint {
    /// `service_request_id`.
    pub id: ComplaintId,
    /// `service_code`.
    pub service_code: String,
    /// `service_name`.
    pub service_name: String,
    /// What the citizen wrote, at most 2,000 characters.
    pub description: String,
    /// Where, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Latitude and longitude.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "crate::position::serialize")]
    pub position: Option<[f64; 2]>,
    /// How it came: `sms`, `telephone`, `web`…
    pub channel: String,
    /// When the citizen sent it.
    pub requested: Timestamp,
}

/// A step in a complaint's life after it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintStep {
    /// Received; nobody has it yet.
    Received,
    /// An agency has it.
    Assigned,
    /// The agency answered.
    Responded,
    /// The citizen was told.
    FeedbackSent,
    /// Open again.
    Reopened,
    /// Done.
    Closed,
    /// A word of a newer version.
    #[serde(other)]
    Unknown,
}

/// The person behind a complaint.
#[derive(Clone, PartialEq, Eq)]
pub struct Reporter {
    /// Name.
    pub name: String,
    /// Telephone, mail or account.
    pub contact: String,
}

impl std::fmt::Debug for Reporter {
    /// Never prints the person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reporter(…)")
    }
}
