//! A conference with a hall and six sites on virtual time; every step checks every invariant.

use std::collections::BTreeSet;

use conference::*;

use crate::invariants;

pub const HALL: &str = "hall";
pub const SITES: [&str; 7] = [HALL, "a", "b", "c", "d", "e", "f"];

pub struct World {
    pub conference: Conference,
    pub live: Live,
    pub log: Vec<Event>,
    pub now: Millis,
    commands: u64,
}

/// Names of all variants of a tagged enum, from the parser itself, so that a new one cannot be forgotten. `strange`: of none of them.
pub fn variants<T: serde::de::DeserializeOwned + std::fmt::Debug>(strange: &str) -> BTreeSet<String> {
    let error = serde_json::from_str::<T>(strange).unwrap_err().to_string();
    let (_, names) = error.split_once("expected one of").expect("the parser lists what it knows");
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

pub fn slug(site: &str) -> SiteSlug {
    SiteSlug::from(site)
}

pub fn camera(site: &str) -> SourceRef {
    SourceRef::camera(slug(site))
}

pub fn setup() -> Setup {
    let site = |name: &str| Site {
        slug: slug(name),
        code: name.to_uppercase(),
        name: name.to_owned(),
        full_name: name.to_owned(),
        region: "North".to_owned(),
        carrier: "One".to_owned(),
        contact: Contact::default(),
        receive_kbps: None,
        column: 0,
        row: 0,
        hall: name == HALL,
    };
    let item = |id: &str, site: Option<&str>, planned_ms| Item {
        id: ItemId::from(id),
        title: id.to_owned(),
        speaker: None,
        site: site.map(slug),
        planned_ms,
        layout: None,
        documents: Vec::new(),
    };
    Setup {
        id: ConferenceId::from("test"),
        title: "Test".to_owned(),
        codec: VideoCodec::H264,
        support_phone: "1".to_owned(),
        sites: SITES.into_iter().map(site).collect(),
        agenda: vec![item("opening", Some(HALL), 600_000), item("report-a", Some("a"), 420_000)],
        speech: SpeechLimits { allowed_ms: 300_000, warning_ms: 60_000, grace_ms: 30_000 },
        floor_mode: FloorMode::Operator,
    }
}

pub fn actor(role: Role, site: Option<&str>) -> Actor {
    let name = site.map_or_else(|| format!("{role:?}").to_lowercase(), str::to_owned);
    Actor { name, role, site: site.map(slug), holds_lease: role == Role::Lead }
}

/// Other files for the same conference: a site and an item fewer, another codec and mode; another hall.
pub fn other_setups() -> [Setup; 2] {
    let mut smaller = setup();
    smaller.sites.retain(|site| site.slug != slug("a"));
    smaller.agenda.pop();
    smaller.codec = VideoCodec::Vp8;
    smaller.floor_mode = FloorMode::Queue;
    let mut moved = setup();
    for site in &mut moved.sites {
        site.hall = site.slug == slug("a");
    }
    moved.sites.reverse();
    [smaller, moved]
}

impl World {
    /// Everybody is connected by the main line.
    pub fn new() -> Self {
        Self::of(setup())
    }

    pub fn of(setup: Setup) -> Self {
        let mut world = Self {
            conference: Conference::new(setup.clone()).expect("the test's setup is valid"),
            live: Live { lease: Some("lead".to_owned()), ..Live::default() },
            log: Vec::new(),
            now: Millis(1_000_000),
            commands: 0,
        };
        world.fact(Fact::ServerStarted { instance: InstanceId::from("first") });
        world.fact(Fact::SetupRead { setup });
        for site in SITES {
            world.join(site, EndpointRole::Main);
        }
        world
    }

    /// The server starts anew with this file; nobody is connected.
    pub fn restart(&mut self, file: Setup) -> Vec<EventBody> {
        self.live = Live { lease: Some("lead".to_owned()), ..Live::default() };
        self.fact(Fact::ServerStarted { instance: InstanceId::from("next") });
        self.fact(Fact::SetupRead { setup: file })
    }

    pub fn join(&mut self, site: &str, role: EndpointRole) {
        if self.conference.setup().site(&slug(site)).is_none() {
            // The server lets no site in that is not in the setup.
            return;
        }
        let index = SITES.iter().position(|known| *known == site).unwrap() as u64;
        let connection = ConnectionId(10 * (index + 1) + role as u64);
        let endpoint = EndpointLive {
            connection,
            control: true,
            media: true,
            camera: role != EndpointRole::Screen,
            microphone: role != EndpointRole::Screen,
            content: false,
            sound_playing: true,
            receives: true,
        };
        self.live.endpoints.insert((slug(site), role), endpoint);
        self.fact(Fact::EndpointJoined { site: slug(site), role, instance: InstanceId::from("first") });
    }

    pub fn drop_out(&mut self, site: &str, role: EndpointRole) {
        self.live.endpoints.remove(&(slug(site), role));
        self.fact(Fact::EndpointDropped { site: slug(site), role, reason: DropReason::Cut });
    }

    pub fn lead(&mut self, command: Command) -> Result<Vec<EventBody>, Refusal> {
        self.send(actor(Role::Lead, None), command)
    }

    pub fn chair(&mut self, command: Command) -> Result<Vec<EventBody>, Refusal> {
        self.send(actor(Role::Chair, None), command)
    }

    pub fn site(&mut self, site: &str, command: Command) -> Result<Vec<EventBody>, Refusal> {
        self.send(actor(Role::Site, Some(site)), command)
    }

    /// Sends a command twice: the second time nothing may happen.
    pub fn send(&mut self, actor: Actor, command: Command) -> Result<Vec<EventBody>, Refusal> {
        self.commands += 1;
        let request = Request {
            id: CommandId(format!("c-{}", self.commands)),
            actor,
            seen: None,
            command,
            age_ms: 0,
            speaker: None,
        };
        match self.conference.handle(&request, &self.live, self.now)? {
            Decision::Events(events) => {
                assert!(!events.is_empty());
                let bodies = self.record(events);
                let again = self.conference.handle(&request, &self.live, self.now);
                let revision = self.conference.state().revision;
                assert_eq!(again, Ok(Decision::AlreadyDone { revision }), "the same command id is done once");
                Ok(bodies)
            }
            Decision::AlreadyDone { .. } => panic!("a new id was done before"),
        }
    }

    pub fn fact(&mut self, fact: Fact) -> Vec<EventBody> {
        let events = self.conference.handle_fact(fact, self.now);
        self.record(events)
    }

    /// Time passes, with its timeouts at their moments.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while self.time_out(end) {}
        self.now = end;
        assert_eq!(self.conference.handle_timeout(&self.live, end), []);
    }

    /// Time passes, and every take that is ordered meanwhile is shown at once.
    pub fn play(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        loop {
            if self.stage().pending.is_some() {
                self.shown();
            }
            if !self.time_out(end) {
                break;
            }
        }
        self.now = end;
    }

    /// What is due next, if that is before `end`. A clock that was put back is behind the last event, which counts then.
    fn time_out(&mut self, end: Millis) -> bool {
        let reached = end.max(self.conference.state().last_at);
        let Some(deadline) = self.conference.poll_timeout().filter(|deadline| *deadline <= reached) else {
            return false;
        };
        self.now = self.now.max(deadline);
        let events = self.conference.handle_timeout(&self.live, self.now);
        assert!(!events.is_empty(), "a deadline without an event would spin the shell");
        self.record(events);
        true
    }

    /// Starts an item, as who sees what the current one is.
    pub fn start_item(&mut self, item: &str) -> Result<Vec<EventBody>, Refusal> {
        let current = self.conference.state().agenda.current.clone();
        self.lead(Command::StartItem { item: ItemId::from(item), current })
    }

    /// Preview, take, shown.
    pub fn put_on_air(&mut self, layout: Layout, sources: &[SourceRef]) -> Vec<EventBody> {
        self.order(layout, sources).expect("the take is ordered");
        self.shown()
    }

    pub fn order(&mut self, layout: Layout, sources: &[SourceRef]) -> Result<Vec<EventBody>, Refusal> {
        self.preview(layout, sources)?;
        self.take()
    }

    /// Into preview, unless it is there: the start of an item may have put it there.
    pub fn preview(&mut self, layout: Layout, sources: &[SourceRef]) -> Result<(), Refusal> {
        match self.lead(Command::SetPreview { layout, sources: sources.to_vec() }) {
            Ok(_) | Err(Refusal::AlreadySo) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    pub fn take(&mut self) -> Result<Vec<EventBody>, Refusal> {
        let preview = self.stage().last_preview;
        self.lead(Command::Take { preview })
    }

    pub fn shown(&mut self) -> Vec<EventBody> {
        let pending = self.conference.state().stage.pending.clone().expect("a take is under way");
        let bodies = self.fact(Fact::TakeShown { take: pending.take, receivers: 4, elapsed_ms: 40 });
        // What the relay switched to is what is on air then, sound included: nothing changes a second time.
        assert_eq!(self.program().sources, pending.program.sources);
        assert_eq!(self.program().microphones, pending.program.microphones);
        bodies
    }

    pub fn stage(&self) -> &Stage {
        &self.conference.state().stage
    }

    pub fn program(&self) -> &Program {
        self.stage().program()
    }

    pub fn holder(&self) -> Option<&Holder> {
        self.conference.state().floor.holder.as_ref()
    }

    pub fn holder_site(&self) -> Option<&str> {
        self.holder().map(|holder| holder.site.as_str())
    }

    pub fn queue(&self) -> Vec<&str> {
        self.conference.state().floor.queue.iter().map(|entry| entry.site.as_str()).collect()
    }

    /// As the server does when sites were edited away.
    fn let_go_of_unknown_sites(&mut self) {
        let setup = self.conference.setup();
        let known = |site: &SiteSlug| setup.site(site).is_some();
        self.live.endpoints.retain(|(site, _), _| known(site));
        self.live.players.retain(|_, player| {
            let plays = match &player.plays {
                Plays::Site(site) => known(site),
                Plays::Programme | Plays::Wall => true,
            };
            plays && player.place.site().is_none_or(known)
        });
    }

    pub fn record(&mut self, events: Vec<Event>) -> Vec<EventBody> {
        for event in &events {
            let before = self.conference.state().clone();
            self.conference.apply(event);
            invariants::after_event(&before, &self.conference, event);
            if matches!(event.body, EventBody::SetupEdited { .. }) {
                self.let_go_of_unknown_sites();
            }
        }
        self.log.extend(events.iter().cloned());
        invariants::now(&self.conference, &self.live);
        events.into_iter().map(|event| event.body).collect()
    }
}
