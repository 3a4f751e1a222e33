//! The table of rights, over every command that exists.

use std::collections::BTreeSet;

use conference::*;

use crate::world::{World, actor, camera, slug};

/// Names of all commands, from the parser itself, so that a new one cannot be forgotten here.
fn every_name() -> BTreeSet<String> {
    let error = serde_json::from_str::<Command>(r#"{"type":"?"}"#).unwrap_err().to_string();
    let (_, names) = error.split_once("expected one of").expect("the parser lists what it knows");
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn one_of_each() -> Vec<Command> {
    let site = slug("a");
    let item = ItemId::from("opening");
    vec![
        Command::OpenConference,
        Command::EndConference { confirmation: "test".to_owned() },
        Command::SetPreview { layout: Layout::Single, sources: vec![camera("a")] },
        Command::ClearPreview,
        Command::Take { preview: PreviewId(1) },
        Command::BackToHall,
        Command::Undo,
        Command::RemoveFromAir { site: site.clone() },
        Command::Mute { site: site.clone() },
        Command::Unmute { site: site.clone() },
        Command::MuteAll,
        Command::SetFloorMode { mode: FloorMode::Open },
        Command::RequestFloor { kind: RequestKind::Request },
        Command::WithdrawRequest { site: site.clone() },
        Command::ReorderQueue { site: site.clone(), position: 0 },
        Command::ClearQueue,
        Command::Invite { site: site.clone() },
        Command::Cue { site: site.clone() },
        Command::Uncue { site: site.clone() },
        Command::Grant { site: site.clone() },
        Command::EndSpeech,
        Command::Interrupt,
        Command::PauseClock,
        Command::ResumeClock,
        Command::ExtendSpeech { seconds: 60 },
        Command::StartItem { item: item.clone() },
        Command::FinishItem { item },
        Command::MarkPresence { site, present: true, reason: String::new() },
        Command::SendMessage { to: vec![], text: "x".to_owned() },
        Command::AcknowledgeMessage { message: MessageId(1) },
    ]
}

fn name(command: &Command) -> String {
    serde_json::to_value(command).unwrap()["type"].as_str().unwrap().to_owned()
}

fn names(role: Role, wanted: Right) -> Vec<String> {
    one_of_each().iter().filter(|command| right(role, command) == wanted).map(name).collect()
}

#[test]
fn the_table_covers_every_command() {
    let listed: BTreeSet<String> = one_of_each().iter().map(name).collect();
    assert_eq!(listed, every_name());
    assert!(listed.len() >= 30, "the parser's list was read");
}

#[test]
fn each_role_may_do_its_part_and_nothing_else() {
    let order = ["reorder_queue", "invite"];
    let speech = ["grant", "end_speech", "interrupt", "pause_clock", "resume_clock", "extend_speech"];
    let agenda = ["start_item", "finish_item"];
    let write = ["send_message", "acknowledge_message"];

    assert_eq!(names(Role::Chair, Right::Always), [&order[..], &speech, &agenda, &write].concat());
    assert_eq!(names(Role::Chair, Right::Never).len(), 30 - 12);
    let secretary = [&["withdraw_request"][..], &order, &["mark_presence"], &write].concat();
    assert_eq!(names(Role::Secretary, Right::Always), secretary);
    assert_eq!(names(Role::Site, Right::OwnSite), [&["request_floor", "withdraw_request"][..], &write].concat());
    assert_eq!(names(Role::Site, Right::Never).len(), 30 - 4);
    for silent in [Role::Technician, Role::Screen] {
        assert_eq!(names(silent, Right::Never).len(), 30);
    }
    for operator in [Role::Lead, Role::Assistant] {
        assert_eq!(names(operator, Right::Always), [&["mark_presence"][..], &write].concat());
        assert_eq!(names(operator, Right::Never), ["request_floor"]);
        assert_eq!(names(operator, Right::WithLease).len(), 26);
    }
}

#[test]
fn what_the_table_forbids_is_refused_and_leaves_no_event() {
    for role in [Role::Lead, Role::Assistant, Role::Chair, Role::Secretary, Role::Technician, Role::Site, Role::Screen]
    {
        for command in one_of_each() {
            let mut world = World::new();
            let logged = world.log.len();
            let site = matches!(role, Role::Site | Role::Screen).then_some("b");
            let without_lease = Actor { holds_lease: false, ..actor(role, site) };
            let granted = right(role, &command);
            let outcome = world.send(without_lease, command.clone());
            match granted {
                Right::Never => assert_eq!(outcome, Err(Refusal::Forbidden)),
                Right::WithLease => {
                    assert_eq!(outcome, Err(Refusal::NotInControl { holder: Some("lead".to_owned()) }));
                }
                Right::Always | Right::OwnSite => continue,
            }
            assert_eq!(world.log.len(), logged, "{role:?} {command:?}");
        }
    }
}

#[test]
fn a_site_speaks_for_itself_only() {
    let mut world = World::new();
    world.site("a", Command::RequestFloor { kind: RequestKind::Request }).unwrap();

    assert_eq!(world.site("b", Command::WithdrawRequest { site: slug("a") }), Err(Refusal::Forbidden));
    let to_another = Command::SendMessage { to: vec![slug("a")], text: "x".to_owned() };
    assert_eq!(world.site("b", to_another), Err(Refusal::Forbidden));
    assert!(world.site("a", Command::WithdrawRequest { site: slug("a") }).is_ok());
}

#[test]
fn safe_commands_are_those_that_only_take_away() {
    let safe: Vec<String> = one_of_each().iter().filter(|command| is_safe(command)).map(name).collect();
    assert_eq!(safe, ["back_to_hall", "remove_from_air", "mute", "mute_all", "interrupt"]);
}

#[test]
fn a_known_id_opens_nothing_to_others_and_is_answered_to_its_sender() {
    let mut world = World::new();
    let request =
        |actor: Actor| Request { id: CommandId("c-1".to_owned()), actor, seen: None, command: Command::MuteAll };
    world.lead(Command::MuteAll).unwrap();
    let revision = world.conference.state().revision;
    // The lease has gone on meanwhile.
    let sender = Actor { holds_lease: false, ..actor(Role::Lead, None) };
    world.live.lease = Some("assistant".to_owned());

    let handle = |actor: Actor| world.conference.handle(&request(actor), &world.live, world.now);

    assert_eq!(handle(sender), Ok(Decision::AlreadyDone { revision }), "its first answer");
    assert_eq!(handle(actor(Role::Site, Some("a"))), Err(Refusal::Forbidden));
    let idle = actor(Role::Assistant, None);
    assert_eq!(handle(idle.clone()), Err(Refusal::NotInControl { holder: world.live.lease.clone() }));
    assert_eq!(handle(Actor { holds_lease: true, ..idle }), Ok(Decision::AlreadyDone { revision }));
    // A site whose name is the sender's gains nothing by it.
    let namesake = Actor { name: "lead".to_owned(), ..actor(Role::Site, Some("a")) };
    assert_eq!(handle(namesake), Err(Refusal::Forbidden));
}
