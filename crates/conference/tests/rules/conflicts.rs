//! Pairs of commands that contradict each other, from two people at once: whichever comes first is done, the other is refused with
//! its reason and changes nothing.

use conference::*;
use proptest::prelude::*;

use crate::world::{World, actor, camera, slug};

/// Two commands, each with its sender, and why the second is refused, whichever it is.
struct Pair {
    world: World,
    commands: [(Role, Command); 2],
    refused: [Refusal; 2],
}

/// Makes a pair over two sites that differ.
type Kind = fn(&str, &str) -> Pair;

const KINDS: [(&str, Kind); 12] = [
    ("two grants", two_grants),
    ("two takes of one preview", two_takes),
    ("a take and an undo", take_and_undo),
    ("two undos", two_undos),
    ("two items after the same one", two_items),
    ("two tours", two_tours),
    ("a grant to who was cut off and one to another", grants_of_who_was_set_aside),
    ("two microphones for one place", two_microphones),
    ("an end and an interruption", end_and_interruption),
    ("two calls of the hall", two_halls),
    ("two pauses", two_pauses),
    ("two withdrawals", two_withdrawals),
];

fn pair(world: World, commands: [Command; 2], refused: [Refusal; 2]) -> Pair {
    let [one, other] = commands;
    Pair { world, commands: [(Role::Lead, one), (Role::Lead, other)], refused }
}

fn two_grants(one: &str, other: &str) -> Pair {
    let commands = [one, other].map(|site| Command::Grant { site: slug(site) });
    pair(World::new(), commands, [other, one].map(|site| Refusal::FloorHeld { holder: slug(site) }))
}

fn two_takes(one: &str, _: &str) -> Pair {
    let mut world = World::new();
    world.preview(Layout::Single, &[camera(one)]).unwrap();
    let preview = world.stage().last_preview;
    pair(world, [Command::Take { preview }, Command::Take { preview }], [Refusal::TakePending, Refusal::TakePending])
}

fn take_and_undo(one: &str, other: &str) -> Pair {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera(one)]);
    world.preview(Layout::Single, &[camera(other)]).unwrap();
    let preview = world.stage().last_preview;
    pair(world, [Command::Take { preview }, Command::Undo], [Refusal::TakePending, Refusal::TakePending])
}

fn two_undos(one: &str, _: &str) -> Pair {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera(one)]);
    pair(world, [Command::Undo, Command::Undo], [Refusal::TakePending, Refusal::TakePending])
}

fn two_items(_: &str, _: &str) -> Pair {
    let mut world = World::new();
    world.lead(Command::OpenConference).unwrap();
    let items = ["opening", "report-a"].map(ItemId::from);
    let commands = items.clone().map(|item| Command::StartItem { item, current: None });
    let [opening, report] = items.map(|item| Refusal::ItemChanged { current: Some(item) });
    Pair {
        world,
        commands: [(Role::Lead, commands[0].clone()), (Role::Chair, commands[1].clone())],
        refused: [report, opening],
    }
}

fn two_tours(one: &str, other: &str) -> Pair {
    let tour = |site| Command::StartTour { sites: vec![slug(site)], dwell_ms: 5_000, repeat: false };
    pair(World::new(), [tour(one), tour(other)], [Refusal::AlreadySo, Refusal::AlreadySo])
}

/// One of them was cut off and set aside, and the floor is free: it goes on, or the other begins.
fn grants_of_who_was_set_aside(one: &str, other: &str) -> Pair {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera(one)]);
    world.drop_out(one, EndpointRole::Main);
    world.put_on_air(Layout::Single, &[camera(other)]);
    world.lead(Command::EndSpeech).unwrap();
    assert_eq!(world.queue(), [one]);
    let commands = [one, other].map(|site| Command::Grant { site: slug(site) });
    pair(world, commands, [other, one].map(|site| Refusal::FloorHeld { holder: slug(site) }))
}

fn two_microphones(one: &str, other: &str) -> Pair {
    let mut world = World::new();
    world.lead(Command::AllowMicrophones { allowed: true }).unwrap();
    let third = ["a", "b", "c"].into_iter().find(|site| ![one, other].contains(site)).unwrap();
    world.lead(Command::OpenMicrophone { site: slug(third) }).unwrap();
    let full = Refusal::TooManyMicrophones { limit: 2 };
    let [first, second] = [one, other].map(|site| Command::OpenMicrophone { site: slug(site) });
    Pair { world, commands: [(Role::Lead, first), (Role::Chair, second)], refused: [full.clone(), full] }
}

fn end_and_interruption(one: &str, _: &str) -> Pair {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera(one)]);
    let commands = [(Role::Lead, Command::EndSpeech), (Role::Chair, Command::Interrupt)];
    Pair { world, commands, refused: [Refusal::NoHolder, Refusal::NoHolder] }
}

fn two_halls(one: &str, _: &str) -> Pair {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera(one)]);
    pair(world, [Command::BackToHall, Command::BackToHall], [Refusal::AlreadySo, Refusal::AlreadySo])
}

fn two_pauses(one: &str, _: &str) -> Pair {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera(one)]);
    pair(world, [Command::PauseClock, Command::PauseClock], [Refusal::ClockState, Refusal::ClockState])
}

fn two_withdrawals(one: &str, _: &str) -> Pair {
    let mut world = World::new();
    world.lead(Command::Invite { site: slug(one) }).unwrap();
    let command = || Command::WithdrawRequest { site: slug(one) };
    let commands = [(Role::Lead, command()), (Role::Secretary, command())];
    Pair { world, commands, refused: [Refusal::NotInQueue, Refusal::NotInQueue] }
}

fn two_sites() -> impl Strategy<Value = (&'static str, &'static str)> {
    let any = || prop::sample::select(vec!["a", "b", "c", "d", "e", "f"]);
    (any(), any()).prop_filter("two sites", |(one, other)| one != other)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn of_two_that_conflict_exactly_one_is_done(
        kind in 0..KINDS.len(),
        (one, other) in two_sites(),
        swapped in prop::bool::ANY,
    ) {
        let (name, kind) = KINDS[kind];
        let Pair { mut world, commands: [first, second], refused: [first_refused, second_refused] } = kind(one, other);
        let (first, second, expected) =
            if swapped { (second, first, first_refused) } else { (first, second, second_refused) };

        let done = world.send(actor(first.0, None), first.1);
        prop_assert!(done.is_ok(), "{name}: {done:?}");
        let before = world.conference.clone();
        let refused = world.send(actor(second.0, None), second.1);

        prop_assert_eq!(refused, Err(expected), "{}", name);
        prop_assert_eq!(&world.conference, &before);
    }

    /// Each of two operators has put something into preview and takes it: what was in preview last is on air, in either order.
    #[test]
    fn a_take_of_a_preview_that_was_changed_is_refused_and_the_other_is_done(
        (one, other) in two_sites(),
        stale_first in prop::bool::ANY,
    ) {
        let mut world = World::new();
        let [stale, fresh] = [one, other].map(|site| {
            world.preview(Layout::Single, &[camera(site)]).unwrap();
            world.stage().last_preview
        });
        let order = if stale_first { [stale, fresh] } else { [fresh, stale] };

        let outcomes = order.map(|preview| (preview, world.lead(Command::Take { preview }).map(drop)));

        for (preview, outcome) in outcomes {
            let expected = match (preview == fresh, stale_first) {
                (true, _) => Ok(()),
                (false, true) => Err(Refusal::PreviewChanged { preview: Some(fresh) }),
                (false, false) => Err(Refusal::TakePending),
            };
            prop_assert_eq!(outcome, expected);
        }
        world.shown();
        prop_assert_eq!(world.program().source_refs(), [camera(other)]);
    }
}

#[test]
fn a_microphone_is_not_opened_after_the_chair_forbade_it_nor_left_open_by_it() {
    for opened_first in [true, false] {
        let mut world = World::new();
        world.lead(Command::AllowMicrophones { allowed: true }).unwrap();
        let open = |world: &mut World| world.lead(Command::OpenMicrophone { site: slug("a") }).map(drop);
        let before = if opened_first { open(&mut world) } else { Ok(()) };
        world.chair(Command::AllowMicrophones { allowed: false }).unwrap();
        let after = if opened_first { before } else { open(&mut world) };
        assert_eq!(after, if opened_first { Ok(()) } else { Err(Refusal::MicrophonesNotAllowed) });
        assert!(world.stage().opened.is_empty());
    }
}

#[test]
fn a_tour_gives_way_to_a_take_and_not_to_the_grant_of_the_floor() {
    let tour = Command::StartTour { sites: vec![slug("a")], dwell_ms: 5_000, repeat: false };
    let mut world = World::new();
    world.lead(tour.clone()).unwrap();
    world.order(Layout::Single, &[camera("b")]).unwrap();
    assert!(world.stage().tour.is_none(), "the step that was coming keeps nobody waiting");
    assert_eq!(world.lead(tour.clone()), Err(Refusal::TakePending));

    let mut world = World::new();
    world.lead(Command::Grant { site: slug("b") }).unwrap();
    assert_eq!(world.lead(tour), Err(Refusal::FloorHeld { holder: slug("b") }));
}
