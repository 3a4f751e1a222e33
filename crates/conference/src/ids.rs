//! Identifiers and units. The same meaning as on the wire; the server converts in one place.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
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
    /// One start of the server (UUID).
    InstanceId
);
string_id!(
    /// An item of the agenda, for example `bc-02`.
    ItemId
);

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);
    };
}

number_id!(
    /// What is in preview; changes whenever the preview changes.
    PreviewId
);
number_id!(
    /// One change of what is on air, ordered or immediate.
    TakeId
);
number_id!(
    /// A text message.
    MessageId
);
number_id!(
    /// One connection of an endpoint or console, given by the shell; not history.
    ConnectionId
);

/// A moment, milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// Milliseconds from `earlier` to this moment; 0 if it is not later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `ms` milliseconds later.
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// Which connection of a site this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointRole {
    /// The site's camera and microphone.
    Main,
    /// The reserve line (đường dự phòng).
    Backup,
    /// The big picture of the site's room: receives only.
    Screen,
}

/// What a person who signed in, or the holder of a join link, may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceRef {
    /// Whose picture.
    pub site: SiteSlug,
    /// Camera or content.
    pub kind: SourceKind,
}

impl SourceRef {
    /// The camera of a site.
    pub fn camera(site: SiteSlug) -> Self {
        Self { site, kind: SourceKind::Camera }
    }

    /// The shared content of a site.
    pub fn content(site: SiteSlug) -> Self {
        Self { site, kind: SourceKind::Content }
    }
}

/// Camera or shared content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// The site's camera, with the site's microphone.
    Camera,
    /// Slides or a shared window; has no sound of its own.
    Content,
}
