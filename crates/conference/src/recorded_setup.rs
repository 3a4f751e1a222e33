//! The setup as the log has it: when one that was read is recorded, and what it changes.
//!
//! Until the conference opens, the setup of the configuration counts: each change is recorded, and the preparation starts anew in
//! what rests on it. What is edited by hand (`plan.rs`) is recorded too and keeps the preparation; the files do not count for that
//! part any more, and no file counts if what is left of it does not fit the edits. From the opening on, also after the end, the
//! recorded setup counts: what is decided rests on sites, limits and agenda, and must read the same for ever.

use crate::{
    Agenda, CENTRE, Conference, EventBody, Floor, Message, Millis, Phase, PlanPart, Program, Setup, SetupChange,
    SiteSlug, SourceRef, State,
    layout::check_layout,
    program::{HALL_SLOT, hall_program},
};

impl Conference {
    pub(crate) fn setup_read(&self, read: Setup) -> Vec<EventBody> {
        let setup = self.with_edits(read);
        let same = self.setup() == &setup;
        let counts = match self.state().phase {
            Phase::Preparing => !same || !self.setup_is_recorded(),
            // A log that was begun before setups were recorded is folded with the one that was read.
            Phase::Rehearsal | Phase::Live | Phase::Ended => same && !self.setup_is_recorded(),
        };
        // The log has the conference's name: another id would be another conference.
        let fits = self.setup().id == setup.id && setup.validate().is_ok();
        if counts && fits { vec![EventBody::SetupRecorded { setup }] } else { Vec::new() }
    }

    /// In what a setup that was read differs from the one that counts, without the parts that were edited by hand. Empty right
    /// after it was read, unless the conference was opened before or what is left of it does not fit what was edited.
    pub fn left_out_of(&self, read: &Setup) -> Vec<SetupChange> {
        self.setup().changes_in(&self.with_edits(read.clone()))
    }

    /// What was read, but for the parts that were edited by hand.
    fn with_edits(&self, mut read: Setup) -> Setup {
        let edited = self.setup();
        for part in &self.state().plan.edited {
            match part {
                PlanPart::Details => read = read.with_details(edited.details()),
                PlanPart::Agenda => read.agenda.clone_from(&edited.agenda),
                PlanPart::Sites => read.sites.clone_from(&edited.sites),
            }
        }
        read
    }

    pub(crate) fn apply_recorded(&mut self, setup: &Setup, at: Millis) {
        let another = self.replace_setup(setup) != *setup;
        self.state_mut().follow(setup, another, at);
    }

    pub(crate) fn apply_edited(&mut self, part: PlanPart, setup: &Setup, at: Millis) {
        let before = self.replace_setup(setup);
        let state = self.state_mut();
        state.plan.edited.insert(part);
        if before.floor_mode != setup.floor_mode {
            state.floor.mode = setup.floor_mode;
        }
        state.follow(setup, false, at);
    }
}

impl State {
    /// Brings the state in line with a setup that was recorded. While preparing, `another` setup than before empties what rests on
    /// it: stage, floor and agenda. Roll call, mutes, messages, connections and time spoken stay for the sites that are left.
    pub(crate) fn follow(&mut self, setup: &Setup, another: bool, at: Millis) {
        if another && self.phase == Phase::Preparing {
            self.prepare_anew(setup, at);
        }
        self.keep_known_on_stage(setup, at);
        self.keep_known_on_floor(setup);
        self.keep_known_items(setup);
        self.keep_known_in_roster(setup);
        self.keep_known_messages(setup);
        self.keep_known_regions(setup);
    }

    /// Numbers of takes and previews run on: what names one of before must not name another now.
    fn prepare_anew(&mut self, setup: &Setup, at: Millis) {
        self.stage.program = hall_program(setup.hall(), None, at);
        self.stage.let_go();
        self.floor = Floor::empty(setup.floor_mode);
        self.agenda = Agenda::default();
    }

    fn keep_known_on_stage(&mut self, setup: &Setup, at: Millis) {
        let (stage, hall) = (&mut self.stage, setup.hall());
        let fits = |program: &Program| {
            let sources = program.sources.iter().map(|part| &part.source.site);
            program.slots.get(&HALL_SLOT) == Some(hall)
                && sources.chain(program.slots.values()).all(|site| setup.site(site).is_some())
        };
        let tours = |site: &SiteSlug| setup.site(site).is_some_and(|site| !site.hall);
        let ended = stage.tour.take_if(|tour| !tour.sites.iter().all(tours) || !fits(&tour.before));
        if !fits(&stage.program) || (ended.is_some() && stage.program.tour) {
            stage.program = hall_program(hall, None, at);
            // It was laid out against a picture that is no longer there.
            stage.pending = None;
        }
        let previewed = |sources: &[SourceRef], layout| {
            sources.iter().all(|source| setup.site(&source.site).is_some())
                && check_layout(layout, sources, hall).is_ok()
        };
        stage.preview.take_if(|preview| !previewed(&preview.sources, preview.layout));
        stage.pending.take_if(|pending| !fits(&pending.program) || (ended.is_some() && pending.program.tour));
        stage.undo.take_if(|undo| !fits(&undo.program));
        stage.muted.retain(|site| setup.site(site).is_some());
        let program = &stage.program;
        // The hall is never closed, and what was a site before may be the hall now.
        stage.closed.retain(|site| site != hall && program.shows(site));
        stage.opened.retain(|site| site != hall && program.slot_of(site).is_some());
    }

    fn keep_known_on_floor(&mut self, setup: &Setup) {
        // The hall needs no floor.
        let speaks = |site: &SiteSlug| setup.site(site).is_some_and(|site| !site.hall);
        let (floor, program) = (&mut self.floor, &self.stage.program);
        floor.queue.retain(|entry| speaks(&entry.site));
        floor.cued.retain(|site| speaks(site));
        floor.holder.take_if(|holder| !speaks(&holder.site) || (holder.on_air && !program.shows(&holder.site)));
    }

    fn keep_known_items(&mut self, setup: &Setup) {
        self.agenda.current.take_if(|item| setup.item(item).is_none());
        self.agenda.times.retain(|item, _| setup.item(item).is_some());
        self.agenda.skipped.retain(|item| setup.item(item).is_some());
    }

    fn keep_known_in_roster(&mut self, setup: &Setup) {
        self.roster.connected.retain(|site, _| setup.site(site).is_some());
        self.roster.presence.retain(|site, _| setup.site(site).is_some());
        self.roster.spoken_ms.retain(|site, _| setup.site(site).is_some());
        self.roster.delegates.retain(|site, _| setup.site(site).is_some());
    }

    fn keep_known_regions(&mut self, setup: &Setup) {
        for regions in self.plan.delegations.values_mut() {
            regions.retain(|region| setup.sites.iter().any(|site| site.region == *region));
        }
        self.plan.delegations.retain(|_, regions| !regions.is_empty());
    }

    /// A message stays while its sender and one of its receivers are there. One whose receivers are all gone must not stay with an
    /// empty list, which means everybody.
    fn keep_known_messages(&mut self, setup: &Setup) {
        let known = |site: &SiteSlug| setup.site(site).is_some();
        let stays = |message: &Message| {
            message.from.as_ref().is_none_or(known) && (message.to.is_empty() || message.to.iter().any(known))
        };
        self.messages.latest.retain(stays);
        for message in &mut self.messages.latest {
            message.to.retain(known);
            message.acknowledged.retain(|by| by == CENTRE || known(&SiteSlug::from(by.as_str())));
        }
    }
}
