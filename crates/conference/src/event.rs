//! Events: what happened. Durable state is the fold of them and nothing else.
//!
//! Each kind has a version. What is written is `(kind, version, body)`; what is read may be older and is brought up to the
//! current version in `event_encoding.rs`, the only place that knows old shapes. An event holds the facts and decisions that it
//! rests on (slots, allowed time, place in the queue), so that applying it never decides.

use serde::{Deserialize, Serialize};

use crate::{
    CommandId, CutCause, Delegate, DropReason, EndpointRole, FloorMode, InstanceId, ItemId, LowerThird, MessageId,
    Millis, PlanPart, Preview, PreviewId, Program, Quorum, RequestKind, Setup, SiteSlug, SpeechEnd, TakeFailure,
    TakeId, TourEnd,
};

/// What is as it is by default is left out of what is written, so that golden states of releases without it stay as they are.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Name of the actor of events that no person caused.
pub const SYSTEM_ACTOR: &str = "system";

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When; never before the event before it.
    pub at: Millis,
    /// Name of who caused it, or [`SYSTEM_ACTOR`].
    pub actor: String,
    /// The command that led to it; none for facts and timeouts.
    pub command_id: Option<CommandId>,
    /// What.
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum EventBody {
    /// What the conference is set up with from here on, whole.
    SetupRecorded {
        /// The setup.
        setup: Setup,
    },
    /// The setup was edited by hand; what was edited counts from here on instead of the files.
    SetupEdited {
        /// What was edited.
        part: PlanPart,
        /// The setup, whole.
        setup: Setup,
    },
    /// The plan was locked or unlocked.
    PlanLocked {
        /// Locked.
        locked: bool,
    },
    /// A rehearsal began: what follows does not count.
    RehearsalStarted {},
    /// The rehearsal ended.
    RehearsalEnded {},
    /// An operator looks after the sites of these regions, and of no others.
    RegionsDelegated {
        /// Name of the operator.
        to: String,
        /// The regions.
        regions: Vec<String>,
    },
    /// So many must be present.
    QuorumSet {
        /// The quorum.
        quorum: Quorum,
    },
    /// The prepared texts of messages, whole.
    TemplatesSet {
        /// In order.
        texts: Vec<String>,
    },
    /// The conference was opened.
    ConferenceOpened {},
    /// The conference ended.
    ConferenceEnded {},
    /// Something was put into preview.
    PreviewSet(Preview),
    /// The preview was emptied.
    PreviewCleared {},
    /// A take was ordered; the old picture stays until it is shown.
    TakeOrdered {
        /// The take.
        take: TakeId,
        /// The preview that it puts on air; none for an undo.
        preview: Option<PreviewId>,
        /// The take that it takes back.
        undoes: Option<TakeId>,
        /// What will be on air, with its slots.
        program: Program,
        /// What was on air when it was ordered.
        previous: Program,
    },
    /// A take is on air.
    TakeShown {
        /// The take.
        take: TakeId,
        /// Sites to which it was forwarded.
        receivers: u32,
        /// From the order to the switch, ms.
        elapsed_ms: u32,
    },
    /// A take did not happen; the old picture stays.
    TakeFailed {
        /// The take.
        take: TakeId,
        /// Why.
        reason: TakeFailure,
    },
    /// The picture was changed at once, without waiting for a frame.
    StageCut {
        /// Number of this change.
        take: TakeId,
        /// Why.
        cause: CutCause,
        /// What is on air from now.
        program: Program,
    },
    /// Something else is written under the picture.
    LowerThirdSet {
        /// What.
        lower_third: LowerThird,
    },
    /// Names of sites are written into the picture, or no more.
    NamesShown {
        /// Written.
        shown: bool,
    },
    /// A tour began; its first site comes with it.
    TourStarted {
        /// Who will be shown, in this order.
        sites: Vec<SiteSlug>,
        /// How long each, ms.
        dwell_ms: u32,
        /// Begins anew after the last.
        repeat: bool,
        /// What was on air before it.
        before: Program,
    },
    /// The tour went on to a site, or the time of the one that it shows is another.
    TourMoved {
        /// Which of its sites, from 0.
        place: u32,
        /// When the next one comes; while its take is under way: at the earliest.
        next_at: Millis,
    },
    /// The tour is over.
    TourEnded {
        /// Why.
        reason: TourEnd,
    },
    /// A site was muted.
    SiteMuted {
        /// The site.
        site: SiteSlug,
    },
    /// A site may be heard again.
    SiteUnmuted {
        /// The site.
        site: SiteSlug,
    },
    /// Every site may be heard again.
    AllUnmuted {
        /// The sites that were muted or closed before.
        sites: Vec<SiteSlug>,
    },
    /// Microphones beyond the holder's may be opened, or no more; then those that were are closed.
    MicrophonesAllowed {
        /// Allowed.
        allowed: bool,
    },
    /// The microphone of a site that is not in the picture was opened.
    MicrophoneOpened {
        /// The site.
        site: SiteSlug,
        /// Programme slot of its sound.
        slot: u32,
    },
    /// Such a microphone was closed.
    MicrophoneShut {
        /// The site.
        site: SiteSlug,
    },
    /// All of these sites were muted: every site but the hall, or but the hall and the holder.
    AllMuted {
        /// The sites that were not muted before.
        sites: Vec<SiteSlug>,
    },
    /// The sound of a site on air was cut, until it leaves the air, is unmuted or gets the floor.
    MicrophoneClosed {
        /// The site.
        site: SiteSlug,
    },
    /// Sites may ask for the floor in another way.
    FloorModeSet {
        /// The mode.
        mode: FloorMode,
    },
    /// A site is in the queue.
    FloorRequested {
        /// The site.
        site: SiteSlug,
        /// Request or response.
        kind: RequestKind,
        /// Its place, from 0.
        position: u32,
        /// It did not ask but was called.
        invited: bool,
    },
    /// A site of the queue was called to speak.
    RequestInvited {
        /// The site.
        site: SiteSlug,
    },
    /// A site left the queue.
    RequestWithdrawn {
        /// The site.
        site: SiteSlug,
    },
    /// A site has another place in the queue.
    QueueReordered {
        /// The site.
        site: SiteSlug,
        /// Its place, from 0.
        position: u32,
    },
    /// The queue was emptied.
    QueueCleared {},
    /// A site was told that it is next.
    SiteCued {
        /// The site.
        site: SiteSlug,
    },
    /// The cue was taken back.
    SiteUncued {
        /// The site.
        site: SiteSlug,
    },
    /// A site has the floor. It leaves the queue and the cues.
    FloorGranted {
        /// The site.
        site: SiteSlug,
        /// Time allowed, ms; 0: no limit.
        allowed_ms: u64,
        /// Remaining time at which a warning is shown, ms.
        warning_ms: u64,
        /// True: it is on air and its clock runs.
        on_air: bool,
        /// Time spoken before, ms: a speech that was cut off by a dropout, or ended by mistake, goes on.
        #[serde(default, skip_serializing_if = "is_default")]
        spoken_ms: u64,
        /// It had ended, and its time was counted: it counts once, when it ends again.
        #[serde(default, skip_serializing_if = "is_default")]
        called_back: bool,
    },
    /// A standby speaks in place of a holder who dropped out: the holder has the floor no more, and is first in the queue.
    HolderSetAside {
        /// The holder.
        site: SiteSlug,
        /// Time spoken until it dropped, ms.
        spoken_ms: u64,
        /// Time it was allowed, ms.
        allowed_ms: u64,
    },
    /// A speech that was set aside does not go on: its time is counted.
    SetAsideEnded {
        /// The site, which stays in the queue.
        site: SiteSlug,
        /// Time spoken, ms.
        spoken_ms: u64,
    },
    /// The holder came on air: its clock runs.
    SpeechStarted {
        /// The holder.
        site: SiteSlug,
    },
    /// The holder has the floor no more.
    SpeechEnded {
        /// The holder.
        site: SiteSlug,
        /// Time spoken, ms.
        spoken_ms: u64,
        /// Why.
        reason: SpeechEnd,
    },
    /// The speech clock was stopped.
    ClockPaused {
        /// The holder.
        site: SiteSlug,
        /// Time spoken until now, ms.
        spoken_ms: u64,
    },
    /// The speech clock runs on.
    ClockResumed {
        /// The holder.
        site: SiteSlug,
    },
    /// The speech was given another time.
    SpeechExtended {
        /// The holder.
        site: SiteSlug,
        /// Time allowed from now, ms.
        allowed_ms: u64,
    },
    /// The holder dropped out: its clock stands, its place is held.
    HolderDropped {
        /// The holder.
        site: SiteSlug,
        /// Time spoken until it dropped, ms.
        spoken_ms: u64,
        /// Until when the place is held.
        grace_until: Millis,
        /// The clock runs on when it returns.
        resumes: bool,
    },
    /// The holder came back in time.
    HolderReturned {
        /// The holder.
        site: SiteSlug,
        /// The clock runs again.
        running: bool,
    },
    /// An item of the agenda began.
    ItemStarted {
        /// The item.
        item: ItemId,
    },
    /// The current item ended.
    ItemFinished {
        /// The item.
        item: ItemId,
    },
    /// An item was left out, or taken up again.
    ItemSkipped {
        /// The item.
        item: ItemId,
        /// Left out.
        skipped: bool,
    },
    /// The delegates of a site, whole.
    DelegatesSet {
        /// The site.
        site: SiteSlug,
        /// In order.
        delegates: Vec<Delegate>,
    },
    /// The roll call of a site.
    PresenceMarked {
        /// The site.
        site: SiteSlug,
        /// Present or absent.
        present: bool,
        /// Why it is absent.
        reason: String,
    },
    /// A text was sent.
    MessageSent {
        /// Its number.
        message: MessageId,
        /// From a site; none: from the centre.
        from: Option<SiteSlug>,
        /// Receivers; empty: all sites, or the centre.
        to: Vec<SiteSlug>,
        /// The text.
        text: String,
    },
    /// A text was read.
    MessageAcknowledged {
        /// Its number.
        message: MessageId,
        /// The site, or [`crate::CENTRE`].
        by: String,
    },
    /// The server started: nobody is connected.
    ServerStarted {
        /// This start.
        instance: InstanceId,
    },
    /// An endpoint joined.
    EndpointJoined {
        /// Its site.
        site: SiteSlug,
        /// Which.
        role: EndpointRole,
        /// The start of the server in which it joined.
        instance: InstanceId,
    },
    /// An endpoint is gone.
    EndpointDropped {
        /// Its site.
        site: SiteSlug,
        /// Which.
        role: EndpointRole,
        /// Why.
        reason: DropReason,
    },
    /// The journal can be written again; the events before this one were acted on before they were written.
    JournalCaughtUp {
        /// How many of them.
        late: u32,
    },
}
