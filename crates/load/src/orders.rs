//! What the load process and the relay process say to each other: one JSON object a line, orders in, news out.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// To the relay process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Answer an offer.
    Offer {
        /// Name of the connection.
        endpoint: u64,
        /// Its m-lines.
        plan: Vec<Line>,
        /// The offer.
        sdp: String,
    },
    /// Forget a connection.
    Close {
        /// Its name.
        endpoint: u64,
    },
    /// Apply routes at once.
    Routes(Routes),
    /// Order a take.
    Take {
        /// Its number.
        take: u64,
        /// What flows after it.
        routes: Routes,
    },
    /// Tell the usage.
    Usage,
}

/// One m-line, as the server would plan it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// Picture or sound.
    pub video: bool,
    /// The endpoint sends, or the relay does.
    pub sends: bool,
    /// Three layers.
    pub simulcast: bool,
    /// Lines of one stream are played in step.
    pub stream: String,
}

/// What flows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Routes {
    /// Slots with their sources.
    pub slots: Vec<Route>,
    /// Layers that are to flow although no slot asks for them.
    pub wishes: Vec<Wish>,
}

/// One slot's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Receiver.
    pub to: u64,
    /// Its line.
    pub slot: u16,
    /// Sender.
    pub from: u64,
    /// Its line.
    pub track: u16,
    /// 0 low, 1 mid, 2 high.
    pub layer: u8,
}

/// A layer to keep flowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Sender.
    pub from: u64,
    /// Its line.
    pub track: u16,
    /// 0 low, 1 mid, 2 high.
    pub layer: u8,
}

/// From the relay process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// It runs.
    Listening {
        /// Its socket.
        address: SocketAddr,
    },
    /// An offer was answered.
    Answered {
        /// The connection.
        endpoint: u64,
        /// The answer.
        sdp: String,
        /// What was agreed, line by line.
        lines: Vec<Agreed>,
        /// Header extensions that were agreed.
        extensions: Extensions,
    },
    /// An offer was refused.
    Refused {
        /// The connection.
        endpoint: u64,
        /// Why.
        reason: String,
    },
    /// Media can flow.
    Connected {
        /// The connection.
        endpoint: u64,
    },
    /// A connection is gone.
    Disconnected {
        /// The connection.
        endpoint: u64,
        /// Why.
        reason: String,
    },
    /// A take was carried out.
    TakeDone {
        /// Its number.
        take: u64,
        /// From the order to the switch, by the relay's clock.
        elapsed_us: u64,
    },
    /// A take was given up.
    TakeFailed {
        /// Its number.
        take: u64,
        /// Why.
        reason: String,
    },
    /// Layers that a sender is to send.
    LayersWanted {
        /// The sender.
        endpoint: u64,
        /// Its line.
        line: u16,
        /// 0 low, 1 mid, 2 high.
        layers: Vec<u8>,
    },
    /// The answer to [`Order::Usage`].
    Usage(Usage),
}

/// One agreed line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// Payload type; 0 if the line is inactive.
    pub payload_type: u8,
    /// What the relay sends: SSRC of the media.
    pub ssrc: Option<u32>,
    /// What the relay sends: SSRC of its RTX.
    pub rtx_ssrc: Option<u32>,
}

/// Ids of header extensions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extensions {
    /// Name of the line.
    pub mid: Option<u8>,
    /// Name of the layer.
    pub rid: Option<u8>,
    /// Transport-wide sequence number.
    pub transport_cc: Option<u8>,
    /// Audio level.
    pub audio_level: Option<u8>,
}

/// What a process has used since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// User and system time, µs.
    pub cpu_us: u64,
    /// Resident memory, KiB.
    pub rss_kib: u64,
}
