//! Random histories: any command by anybody, any fact, any change of what is connected.

mod commands;
mod reach;

use commands::{command, sender, site, site_index};
use conference::*;
use proptest::prelude::*;

use crate::{
    invariants,
    world::{SITES, World, actor, camera, other_setups, setup, slug},
};

#[derive(Debug, Clone)]
enum Step {
    Command(Role, usize, Command),
    TakePreview,
    OnAir(usize),
    HolderDrops,
    HolderIsLost(u64),
    HolderArrives,
    GrantFirst,
    Shown,
    Failed(TakeFailure),
    Join(usize, EndpointRole),
    Drop(usize, EndpointRole),
    Content(usize, bool),
    Camera(usize, bool),
    Console(Option<usize>, Option<usize>),
    Player(u64, PlayerLive),
    Wait(u64),
    Play(u64),
    ClockStepsBack(u64),
    Restart(Setup),
    JournalIsBack,
}

/// What the configuration says at a start.
fn file() -> impl Strategy<Value = Setup> {
    let [smaller, moved] = other_setups();
    prop::sample::select(vec![setup(), setup(), setup(), setup(), smaller, moved])
}

/// Sites' players play the programme alone; the shell sees to that.
fn player() -> impl Strategy<Value = PlayerLive> {
    let centre = prop_oneof![Just(Plays::Programme), site().prop_map(Plays::Site), Just(Plays::Wall)];
    prop_oneof![
        centre.prop_map(|plays| PlayerLive { media: true, place: PlayerPlace::Centre, plays }),
        site().prop_map(|site| PlayerLive { media: true, place: PlayerPlace::Site(site), plays: Plays::Programme }),
        site().prop_map(|site| PlayerLive { media: true, place: PlayerPlace::Screen(site), plays: Plays::Programme }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let anybody = prop::sample::select(vec![
        Role::Lead,
        Role::Assistant,
        Role::Chair,
        Role::Secretary,
        Role::Technician,
        Role::Site,
        Role::Screen,
    ]);
    let sent = (command(), site_index(), prop::option::weighted(0.3, anybody))
        .prop_map(|(command, site, role)| Step::Command(role.unwrap_or_else(|| sender(&command)), site, command));
    let endpoint = prop::sample::select(vec![EndpointRole::Main, EndpointRole::Backup, EndpointRole::Screen]);
    let failure = prop::sample::select(vec![TakeFailure::NoKeyframe, TakeFailure::SourceLost]);
    let any = site_index;
    prop_oneof![
        20 => sent,
        6 => Just(Step::TakePreview),
        // What a day is made of, and what single steps come to too seldom.
        3 => any().prop_map(Step::OnAir),
        2 => Just(Step::HolderDrops),
        1 => (0..10_000_u64).prop_map(Step::HolderIsLost),
        1 => Just(Step::HolderArrives),
        2 => Just(Step::GrantFirst),
        6 => Just(Step::Shown),
        1 => failure.prop_map(Step::Failed),
        2 => (any(), endpoint.clone()).prop_map(|(site, role)| Step::Join(site, role)),
        2 => (any(), endpoint).prop_map(|(site, role)| Step::Drop(site, role)),
        1 => (any(), prop::bool::ANY).prop_map(|(site, on)| Step::Content(site, on)),
        1 => (any(), prop::bool::ANY).prop_map(|(site, on)| Step::Camera(site, on)),
        1 => (prop::option::of(any()), prop::option::of(any())).prop_map(|(solo, talk)| Step::Console(solo, talk)),
        2 => (0..3_u64, player()).prop_map(|(place, player)| Step::Player(place, player)),
        3 => (0..40_000_u64).prop_map(Step::Wait),
        2 => (0..20_000_u64).prop_map(Step::Play),
        1 => (0..10_000_000_u64).prop_map(Step::ClockStepsBack),
        1 => file().prop_map(Step::Restart),
        1 => Just(Step::JournalIsBack),
    ]
}

/// Who starts an item sees the current one; sometimes not, which is refused.
fn as_seen(world: &World, command: Command) -> Command {
    match command {
        Command::StartItem { item, current: None } => {
            Command::StartItem { item, current: world.conference.state().agenda.current.clone() }
        }
        other => other,
    }
}

fn perform(world: &mut World, step: Step) {
    match step {
        Step::Command(role, site, command) => {
            let of_site = matches!(role, Role::Site | Role::Screen).then_some(SITES[site]);
            let _ = world.send(actor(role, of_site), as_seen(world, command));
        }
        Step::TakePreview => {
            let preview = world.conference.state().stage.last_preview;
            let _ = world.lead(Command::Take { preview });
        }
        Step::OnAir(site) => {
            if world.order(Layout::Single, &[camera(SITES[site])]).is_ok() {
                world.shown();
            }
        }
        Step::HolderDrops => {
            if let Some(site) = world.holder_site().map(str::to_owned) {
                world.drop_out(&site, EndpointRole::Main);
            }
        }
        Step::HolderIsLost(silent_ms) => {
            if let Some(site) = world.holder_site().map(slug) {
                world.fact(Fact::SourceLost { site, silent_ms });
            }
        }
        Step::HolderArrives => {
            if let Some(site) = world.holder_site().map(slug) {
                world.fact(Fact::SourceArrives { site });
            }
        }
        Step::GrantFirst => {
            if let Some(site) = world.queue().first().map(|site| slug(site)) {
                let _ = world.lead(Command::Grant { site });
            }
        }
        Step::Shown if world.conference.state().stage.pending.is_some() => drop(world.shown()),
        Step::Shown => {}
        Step::Failed(reason) => {
            let take = world.conference.state().stage.last_take;
            world.fact(Fact::TakeFailed { take, reason });
            assert!(world.conference.state().stage.pending.is_none());
        }
        Step::Wait(ms) => world.wait(ms),
        Step::Play(ms) => world.play(ms),
        Step::JournalIsBack => drop(world.fact(Fact::JournalCaughtUp { late: 1 })),
        Step::ClockStepsBack(ms) => world.now = Millis(world.now.0.saturating_sub(ms)),
        Step::Restart(file) => {
            let expected = counts_after(world, &file);
            world.restart(file);
            assert_eq!(*world.conference.setup(), expected);
        }
        connection => connect(world, connection),
    }
    invariants::now(&world.conference, &world.live);
}

/// What changes about who is connected and how.
fn connect(world: &mut World, step: Step) {
    match step {
        Step::Join(site, role) => {
            if role == EndpointRole::Screen {
                let place = PlayerPlace::Screen(slug(SITES[site]));
                world.live.players.retain(|_, player| player.place != place);
            }
            world.join(SITES[site], role);
        }
        Step::Drop(site, role) => world.drop_out(SITES[site], role),
        Step::Content(site, on) => world
            .live
            .endpoints
            .iter_mut()
            .filter(|((slug, role), _)| slug.as_str() == SITES[site] && *role == EndpointRole::Main)
            .for_each(|(_, endpoint)| endpoint.content = on),
        Step::Camera(site, on) => world
            .live
            .endpoints
            .iter_mut()
            .filter(|((slug, role), _)| slug.as_str() == SITES[site] && *role == EndpointRole::Main)
            .for_each(|(_, endpoint)| endpoint.camera = on),
        Step::Console(solo, talk) => {
            let solo = solo.map(|site| slug(SITES[site]));
            let talkback = talk.into_iter().map(|site| slug(SITES[site])).collect();
            world.live.consoles.insert(ConnectionId(1), ConsoleLive { media: true, solo, talkback, wall: true });
        }
        Step::Player(place, player) => {
            // A site has one screen: the shell lets no second one in.
            let screen = |player: &PlayerLive| match &player.place {
                PlayerPlace::Screen(site) => Some(site.clone()),
                PlayerPlace::Centre | PlayerPlace::Site(_) => None,
            };
            if let Some(site) = screen(&player) {
                world.live.endpoints.remove(&(site.clone(), EndpointRole::Screen));
                world.live.players.retain(|_, other| screen(other).as_ref() != Some(&site));
            }
            world.live.players.insert(ConnectionId(1_000 + place), player);
        }
        other => unreachable!("{other:?} is no connection"),
    }
}

/// What counts after a start with this file: while preparing the file, but for the parts that were edited by hand, if the whole is
/// valid.
fn counts_after(world: &World, file: &Setup) -> Setup {
    let recorded = world.conference.setup();
    let state = world.conference.state();
    let mut merged = file.clone();
    for part in &state.plan.edited {
        let Setup { title, support_phone, floor_mode, speech, agenda, sites, .. } = recorded.clone();
        merged = match part {
            PlanPart::Details => Setup { title, support_phone, floor_mode, speech, ..merged },
            PlanPart::Agenda => Setup { agenda, ..merged },
            PlanPart::Sites => Setup { sites, ..merged },
        };
    }
    match state.phase == Phase::Preparing && merged.validate().is_ok() {
        true => merged,
        false => recorded.clone(),
    }
}

fn leaves_the_phase(step: &Step) -> bool {
    let Step::Command(_, _, command) = step else { return false };
    matches!(
        command,
        Command::OpenConference | Command::EndConference { .. } | Command::StartRehearsal | Command::EndRehearsal
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn any_history_keeps_every_invariant(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            perform(&mut world, step);
        }
        invariants::replays(&world.conference, &world.log);
    }

    #[test]
    fn any_rehearsal_leaves_what_counts_as_it_was(
        prepared in prop::collection::vec(step(), 0..40),
        rehearsed in prop::collection::vec(step(), 1..80),
        opens in prop::bool::ANY,
    ) {
        let mut world = World::new();
        for step in prepared.into_iter().filter(|step| !leaves_the_phase(step)) {
            perform(&mut world, step);
        }
        world.lead(Command::StartRehearsal).unwrap();
        let kept = |state: &State| (state.agenda.clone(), state.floor.clone(), state.roster.presence.clone());
        let before = world.conference.state().clone();

        for step in rehearsed.into_iter().filter(|step| !leaves_the_phase(step)) {
            perform(&mut world, step);
        }
        world.lead(if opens { Command::OpenConference } else { Command::EndRehearsal }).unwrap();

        let after = world.conference.state();
        prop_assert_eq!(kept(after), kept(&before));
        let counted = if opens { Default::default() } else { before.roster.spoken_ms.clone() };
        prop_assert_eq!(&after.roster.spoken_ms, &counted, "the day begins at nothing");
        prop_assert_eq!(&after.plan.edited, &before.plan.edited, "nothing is planned in it");
        prop_assert_eq!(after.phase, if opens { Phase::Live } else { Phase::Preparing });
        let hall = SourceRef::camera(world.conference.hall().clone());
        prop_assert_eq!(world.program().source_refs(), [hall]);
        prop_assert!(after.stage.undo.is_none() && after.stage.preview.is_none() && after.stage.muted.is_empty());
        invariants::replays(&world.conference, &world.log);
    }
}
