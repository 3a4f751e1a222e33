//! Identifiers as they travel: strings and small numbers.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
        #[serde(transparent)]
        #[ts(export)]
        pub struct $name(pub String);
    };
}

string_id!(
    /// A site inside a conference, for example `cao-bang`; the hall is a site too.
    SiteSlug
);
string_id!(
    /// A conference on this server, for example `bau-cu-2021`.
    ConferenceId
);
string_id!(
    /// Chosen by the sender of a command (UUID). The same id twice is applied once.
    CommandId
);
string_id!(
    /// One start of the server (UUID). A changed instance tells a page that the server restarted.
    InstanceId
);
string_id!(
    /// An item of the agenda, for example `bc-02`.
    ItemId
);

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
        #[serde(transparent)]
        #[ts(export)]
        pub struct $name(pub u64);
    };
}

number_id!(
    /// What is in preview; changes whenever the preview changes, so that a take can name what it saw.
    PreviewId
);
number_id!(
    /// One order to put something on air.
    TakeId
);
number_id!(
    /// A text message.
    MessageId
);
number_id!(
    /// Number of events in the journal of a conference.
    Revision
);

/// Which connection of a site this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EndpointRole {
    /// The site's camera and microphone.
    Main,
    /// The reserve line (đường dự phòng).
    Backup,
    /// The big picture of the site's room: receives only.
    Screen,
}

/// What a person who signed in, or the holder of a join link, may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Role {
    /// Lead operator: may hold the control lease.
    Lead,
    /// Assistant operator: looks, solos, claims the lease when the lead is missing.
    Assistant,
    /// Chair of the conference.
    Chair,
    /// Secretary.
    Secretary,
    /// Watches health only.
    Technician,
    /// A site's page or headless endpoint.
    Site,
    /// A site's big screen.
    Screen,
}

/// A picture of a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct SourceRef {
    /// Whose picture.
    pub site: SiteSlug,
    /// Camera or content.
    pub kind: SourceKind,
}

/// Camera or shared content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SourceKind {
    /// The site's camera, with the site's microphone.
    Camera,
    /// Slides or a shared window; has no sound of its own.
    Content,
}
