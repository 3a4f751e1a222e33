//! The conference: one entrance for commands, facts and time; one place where events are applied.

use std::ops::ControlFlow;

use crate::{
    Actor, Agenda, Command, CommandId, DropReason, EndpointRole, Event, EventBody, Floor, InstanceId, Live, Messages,
    Millis, Phase, Refusal, Request, Roster, SYSTEM_ACTOR, Setup, SetupError, SiteSlug, Stage, State, TakeFailure,
    TakeId, authority, setup::MAX_ID_CHARS,
};

/// What a mechanism decides: what happened, or why it may not.
pub(crate) type Outcome = Result<Vec<EventBody>, Refusal>;

/// A conference: its setup and its durable state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conference {
    setup: Setup,
    /// The log holds the setup; until then it is the one with which the fold began.
    setup_recorded: bool,
    state: State,
}

/// The answer to a command that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Append these, then apply them, then acknowledge. Never empty.
    Events(Vec<Event>),
    /// The command was done before: acknowledge it as the first time.
    AlreadyDone {
        /// Revision that holds it.
        revision: u64,
    },
}

/// Something that the shell saw happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The server started; tell it once, after the replay and before anything else.
    ServerStarted {
        /// This start.
        instance: InstanceId,
    },
    /// A setup was read from the configuration; tell it once, right after the start. It counts, and is recorded, until the
    /// conference opens; from then on the recorded one counts ([`Conference::setup`]) and nothing happens.
    SetupRead {
        /// The setup, of the same id.
        setup: Setup,
    },
    /// An endpoint joined. A device that replaces its own connection joins again without having dropped.
    EndpointJoined {
        /// Its site.
        site: SiteSlug,
        /// Which.
        role: EndpointRole,
        /// This start of the server.
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
    /// Neither picture nor sound of a site arrives any more, though it is in touch.
    SourceLost {
        /// The site.
        site: SiteSlug,
        /// For how long nothing has arrived, ms.
        silent_ms: u64,
    },
    /// Picture or sound of a site arrives again.
    SourceArrives {
        /// The site.
        site: SiteSlug,
    },
    /// The relay switched.
    TakeShown {
        /// The take.
        take: TakeId,
        /// Sites to which it was forwarded.
        receivers: u32,
        /// From the order to the switch, ms.
        elapsed_ms: u32,
    },
    /// The relay stayed on the old source.
    TakeFailed {
        /// The take.
        take: TakeId,
        /// Why.
        reason: TakeFailure,
    },
    /// The journal can be written again; `late` events were acted on before they were written.
    JournalCaughtUp {
        /// How many.
        late: u32,
    },
}

impl Conference {
    /// A conference before its first event.
    ///
    /// # Errors
    /// Everything that is wrong with the setup.
    pub fn new(setup: Setup) -> Result<Self, Vec<SetupError>> {
        setup.validate()?;
        Ok(Self::before_its_first_event(setup))
    }

    fn before_its_first_event(setup: Setup) -> Self {
        let state = State {
            revision: 0,
            last_at: Millis(0),
            phase: Phase::Preparing,
            opened_at: None,
            ended_at: None,
            stage: Stage::at_the_hall(setup.hall()),
            floor: Floor::empty(setup.floor_mode),
            agenda: Agenda::default(),
            roster: Roster::default(),
            messages: Messages::default(),
            plan: Default::default(),
            commands: Default::default(),
        };
        Self { setup, setup_recorded: false, state }
    }

    /// The setup that counts: the one that the log recorded last, else the one with which the fold began.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// True once the log holds the setup.
    pub(crate) fn setup_is_recorded(&self) -> bool {
        self.setup_recorded
    }

    /// Durable state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Slug of the hall.
    pub fn hall(&self) -> &SiteSlug {
        self.setup.hall()
    }

    /// Sites in the order of the wall: the hall first, then as in the setup. Wall slot *i* shows the *i*-th.
    pub fn wall(&self) -> impl Iterator<Item = &crate::Site> {
        let (hall, others): (Vec<_>, Vec<_>) = self.setup.sites.iter().partition(|site| site.hall);
        hall.into_iter().chain(others)
    }

    /// Decides a command. Changes nothing.
    ///
    /// # Errors
    /// Why it is refused; nothing happened then.
    pub fn handle(&self, request: &Request, live: &Live, now: Millis) -> Result<Decision, Refusal> {
        if !(1..=MAX_ID_CHARS).contains(&request.id.0.len()) {
            return Err(Refusal::BadText { max: MAX_ID_CHARS as u32 });
        }
        if let Some(revision) = self.already_done(request, live)? {
            return Ok(Decision::AlreadyDone { revision });
        }
        self.check_right(&request.actor, &request.command, live.lease.as_ref())?;
        // A join link outlives a setup that leaves its site out.
        request.actor.site.as_ref().map_or(Ok(()), |site| self.known_site(site))?;
        if request.is_too_late() {
            return Err(Refusal::TooLate);
        }
        self.check_speaker(request)?;
        self.check_phase(&request.command)?;
        let at = self.clamp(now);
        let bodies = self.decide(&request.actor, &request.command, live, at)?;
        Ok(Decision::Events(stamp(self.end_own_text(bodies), at, &request.actor.name, Some(&request.id))))
    }

    /// The revision that holds a command that was done before. Who did it is answered as the first time, whoever holds the lease
    /// by now; anybody else only if they may send such a command themselves, so that an id opens nothing.
    ///
    /// # Errors
    /// The sender may not do this.
    pub fn already_done(&self, request: &Request, live: &Live) -> Result<Option<u64>, Refusal> {
        let Some(revision) = self.state.commands.revision_of(&request.id) else { return Ok(None) };
        let never = authority::right(request.actor.role, &request.command) == authority::Right::Never;
        if never || !self.state.commands.is_of(&request.id, &request.actor.name) {
            self.check_right(&request.actor, &request.command, live.lease.as_ref())?;
        }
        Ok(Some(revision))
    }

    /// Turns what the shell saw into events; none if it changes nothing.
    pub fn handle_fact(&self, fact: Fact, now: Millis) -> Vec<Event> {
        let at = self.clamp(now);
        let bodies = match fact {
            Fact::ServerStarted { instance } => self.server_started(instance, at),
            Fact::SetupRead { setup } => self.setup_read(setup),
            Fact::EndpointJoined { site, role, instance } => self.endpoint_joined(site, role, instance),
            Fact::EndpointDropped { site, role, reason } => self.endpoint_dropped(site, role, reason, at),
            Fact::SourceLost { site, silent_ms } => self.source_lost(&site, silent_ms, at),
            Fact::SourceArrives { site } => self.source_arrives(&site),
            Fact::TakeShown { take, receivers, elapsed_ms } => self.take_shown(take, receivers, elapsed_ms, at),
            Fact::TakeFailed { take, reason } => self.take_failed(take, reason),
            Fact::JournalCaughtUp { late } => vec![EventBody::JournalCaughtUp { late }],
        };
        stamp(self.end_own_text(bodies), at, SYSTEM_ACTOR, None)
    }

    /// What happens because time has passed; empty before [`Conference::poll_timeout`].
    pub fn handle_timeout(&self, live: &Live, now: Millis) -> Vec<Event> {
        let at = self.clamp(now);
        let mut bodies = self.take_timeout(at);
        bodies.extend(self.floor_timeout(at));
        bodies.extend(self.tour_timeout(live, at));
        stamp(self.end_own_text(bodies), at, SYSTEM_ACTOR, None)
    }

    /// When [`Conference::handle_timeout`] has something to do next.
    pub fn poll_timeout(&self) -> Option<Millis> {
        [self.take_deadline(), self.floor_deadline(), self.tour_deadline()].into_iter().flatten().min()
    }

    /// Folds one event of a log that is read from its first one. `Break`: this is the first setup that the log records and
    /// another than the one of this conference, which has begun anew with it; read the log from its first event again.
    ///
    /// So the fold depends on the log alone. Logs that were begun before setups were recorded hold their first one somewhere
    /// in their middle, and what is before it happened under that setup too.
    pub fn replay(&mut self, event: &Event) -> ControlFlow<()> {
        if let EventBody::SetupRecorded { setup } = &event.body
            && !self.setup_recorded
            && self.setup != *setup
        {
            *self = Self::before_its_first_event(setup.clone());
            return ControlFlow::Break(());
        }
        self.apply(event);
        ControlFlow::Continue(())
    }

    /// Folds one event into the state. Events of a journal are applied in order, each once.
    pub fn apply(&mut self, event: &Event) {
        let at = event.at.max(self.state.last_at);
        self.state.last_at = at;
        self.state.revision += 1;
        match &event.body {
            EventBody::ConferenceOpened {} => {
                self.state.phase = Phase::Live;
                self.state.opened_at = Some(at);
                // What was said before, to try lines, is nobody's time in the conference.
                self.state.roster.spoken_ms.clear();
            }
            EventBody::ConferenceEnded {} => {
                self.state.phase = Phase::Ended;
                self.state.ended_at = Some(at);
            }
            EventBody::RehearsalStarted {} => self.state.begin_rehearsal(),
            EventBody::RehearsalEnded {} => self.state.end_rehearsal(),
            EventBody::SetupRecorded { setup } => self.apply_recorded(setup, at),
            EventBody::SetupEdited { part, setup } => self.apply_edited(*part, setup, at),
            body => {
                self.state.plan.apply(body);
                self.state.stage.apply(body, at);
                self.state.floor.apply(body, at);
                self.state.agenda.apply(body, at);
                self.state.roster.apply(body);
                self.state.messages.apply(body, &event.actor, at, self.setup.sites.len());
            }
        }
        if !matches!(self.state.phase, Phase::Live | Phase::Rehearsal) {
            // What is said before the opening does not count, and nothing goes on after the end.
            self.state.floor.ended = None;
        }
        self.state.stage.open_microphones(self.setup.hall(), self.state.floor.holder.as_ref());
        if let Some(id) = &event.command_id {
            self.state.commands.remember(id, &event.actor, self.state.revision);
        }
    }

    pub(crate) fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Takes a setup that the log records; gives the one that counted before.
    pub(crate) fn replace_setup(&mut self, setup: &Setup) -> Setup {
        self.setup_recorded = true;
        std::mem::replace(&mut self.setup, setup.clone())
    }

    fn check_phase(&self, command: &Command) -> Result<(), Refusal> {
        match self.state.phase {
            Phase::Preparing => match command {
                Command::EndConference { .. } | Command::StartItem { .. } | Command::FinishItem { .. } => {
                    Err(Refusal::NotOpen)
                }
                _ => Ok(()),
            },
            Phase::Rehearsal => match command {
                Command::EndConference { .. } => Err(Refusal::NotOpen),
                _ => Ok(()),
            },
            Phase::Live => Ok(()),
            // Sound and picture still flow until everybody has left: what makes them safe stays possible.
            Phase::Ended => match command {
                Command::SendMessage { .. } | Command::AcknowledgeMessage { .. } => Ok(()),
                command if authority::is_safe(command) => Ok(()),
                _ => Err(Refusal::Ended),
            },
        }
    }

    fn decide(&self, actor: &Actor, command: &Command, live: &Live, at: Millis) -> Outcome {
        match command {
            Command::OpenConference => self.open_conference(at),
            Command::EndConference { confirmation } => self.end_conference(confirmation, at),
            Command::StartRehearsal => self.start_rehearsal(at),
            Command::EndRehearsal => self.end_rehearsal(at),
            Command::LockPlan { locked } => self.lock_plan(*locked),
            Command::SetDetails { details } => self.set_details(details),
            Command::SetAgenda { items } => self.set_agenda(items),
            Command::SetSites { sites } => self.set_sites(sites),
            Command::DelegateRegions { to, regions } => self.delegate_regions(to, regions),
            Command::SetQuorum { quorum } => self.set_quorum(*quorum),
            Command::SetTemplates { texts } => self.set_templates(texts),
            Command::SetPreview { layout, sources } => self.set_preview(*layout, sources),
            Command::ClearPreview => self.clear_preview(),
            Command::Take { preview } => self.take(*preview, live, at),
            Command::BackToHall => self.back_to_hall(at),
            Command::Undo => self.undo(live, at),
            Command::RemoveFromAir { site } => self.remove_from_air(site, at),
            Command::ShowHolding { title, text } => self.show_holding(title, text, at),
            Command::SetLowerThird { lower_third } => self.set_lower_third(lower_third),
            Command::ShowNames { shown } => self.show_names(*shown),
            Command::StartTour { sites, dwell_ms, repeat } => self.start_tour(sites, *dwell_ms, *repeat, live, at),
            Command::StopTour => self.stop_tour(live, at),
            Command::Mute { site } => self.mute(site),
            Command::Unmute { site } => self.unmute(site),
            Command::MuteAll => self.mute_all(),
            Command::MuteOthers => self.mute_others(),
            Command::UnmuteAll => self.unmute_all(),
            Command::AllowMicrophones { allowed } => self.allow_microphones(*allowed),
            Command::OpenMicrophone { site } => self.open_microphone(site, live),
            Command::CloseMicrophone { site } => self.close_microphone(site),
            Command::SetFloorMode { mode } => self.set_floor_mode(*mode),
            Command::RequestFloor { kind } => self.request_floor(actor.site.as_ref(), *kind),
            Command::WithdrawRequest { site } => self.withdraw_request(site),
            Command::ReorderQueue { site, position } => self.reorder_queue(site, *position),
            Command::ClearQueue => self.clear_queue(),
            Command::Invite { site } => self.invite(site),
            Command::Cue { site } => self.cue(site),
            Command::Uncue { site } => self.uncue(site),
            Command::Grant { site } => self.grant(site, actor.role, at),
            Command::EndSpeech => self.end_speech(at),
            Command::Interrupt => self.interrupt(actor.site.as_ref(), at),
            Command::PauseClock => self.pause_clock(at),
            Command::ResumeClock => self.resume_clock(),
            Command::ExtendSpeech { seconds } => self.extend_speech(*seconds),
            Command::StartItem { item, current } => self.start_item(item, current.as_ref(), at),
            Command::SkipItem { item, skipped } => self.skip_item(item, *skipped),
            Command::FinishItem { item } => self.finish_item(item),
            Command::MarkPresence { site, present, reason } => self.mark_presence(site, *present, reason),
            Command::SetDelegates { site, delegates } => self.set_delegates(site, delegates),
            Command::SendMessage { to, text } => self.send_message(actor.site.as_ref(), to, text),
            Command::AcknowledgeMessage { message } => self.acknowledge(actor.site.as_ref(), *message),
        }
    }

    fn end_conference(&self, confirmation: &str, at: Millis) -> Outcome {
        if confirmation != self.setup.id.as_str() {
            return Err(Refusal::WrongConfirmation);
        }
        let mut bodies = self.supersede(crate::TourEnd::Over);
        bodies.extend(self.speech_ended(crate::SpeechEnd::ConferenceEnded, at));
        bodies.extend(self.set_aside_ended());
        bodies.extend(self.state.agenda.current.clone().map(|item| EventBody::ItemFinished { item }));
        bodies.push(EventBody::ConferenceEnded {});
        Ok(bodies)
    }

    /// Refuses a site that is not in the setup.
    pub(crate) fn known_site(&self, site: &SiteSlug) -> Result<(), Refusal> {
        match self.setup.site(site) {
            Some(_) => Ok(()),
            None => Err(Refusal::UnknownSite { site: site.clone() }),
        }
    }

    fn clamp(&self, now: Millis) -> Millis {
        now.max(self.state.last_at)
    }
}

fn stamp(bodies: Vec<EventBody>, at: Millis, actor: &str, command_id: Option<&CommandId>) -> Vec<Event> {
    bodies
        .into_iter()
        .map(|body| Event { at, actor: actor.to_owned(), command_id: command_id.cloned(), body })
        .collect()
}
