//! The table of rights, over every command that exists.

use std::collections::BTreeSet;

use conference::*;

use crate::world::{HALL, World, actor, camera, setup, slug, variants};

/// Names of all commands.
fn every_name() -> BTreeSet<String> {
    variants::<Command>(r#"{"type":"?"}"#)
}

fn one_of_each() -> Vec<Command> {
    let site = slug("a");
    let item = ItemId::from("opening");
    let plan = setup();
    vec![
        Command::OpenConference,
        Command::EndConference { confirmation: "test".to_owned() },
        Command::StartRehearsal,
        Command::EndRehearsal,
        Command::LockPlan { locked: true },
        Command::SetDetails { details: plan.details() },
        Command::SetAgenda { items: plan.agenda },
        Command::SetSites { sites: plan.sites },
        Command::DelegateRegions { to: "assistant".to_owned(), regions: vec!["North".to_owned()] },
        Command::SetQuorum { quorum: Quorum { sites: 1, delegates: 0 } },
        Command::SetTemplates { texts: vec!["x".to_owned()] },
        Command::SetPreview { layout: Layout::Single, sources: vec![camera("a")] },
        Command::ClearPreview,
        Command::Take { preview: PreviewId(1) },
        Command::BackToHall,
        Command::Undo,
        Command::RemoveFromAir { site: site.clone() },
        Command::ShowHolding { title: "x".to_owned(), text: String::new() },
        Command::SetLowerThird { lower_third: LowerThird::Hidden },
        Command::ShowNames { shown: false },
        Command::StartTour { sites: vec![], dwell_ms: 5_000, repeat: false },
        Command::StopTour,
        Command::Mute { site: site.clone() },
        Command::Unmute { site: site.clone() },
        Command::MuteAll,
        Command::MuteOthers,
        Command::UnmuteAll,
        Command::AllowMicrophones { allowed: true },
        Command::OpenMicrophone { site: site.clone() },
        Command::CloseMicrophone { site: site.clone() },
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
        Command::StartItem { item: item.clone(), current: None },
        Command::FinishItem { item: item.clone() },
        Command::SkipItem { item, skipped: true },
        Command::MarkPresence { site: site.clone(), present: true, reason: String::new() },
        Command::SetDelegates { site, delegates: vec![] },
        Command::SendMessage { to: vec![], text: "x".to_owned() },
        Command::AcknowledgeMessage { message: MessageId(1) },
    ]
}

fn name(command: &Command) -> String {
    serde_json::to_value(command).unwrap()["type"].as_str().unwrap().to_owned()
}

/// Who may do what, written out by hand from what people do on the day, and not read from the code that it judges:
/// operators conduct, and only the one who holds the control lease (`lease`); an assistant without it looks after the sites of
/// regions that were delegated (`region`); the chair leads the debate, opens microphones and moves the agenda; the secretary
/// keeps the programme, the speaking order and the roll; a site speaks for itself (`own`), and the hall's page also interrupts; technicians and
/// screens only look.
const RIGHTS: &str = "
    command             lead   assistant  chair  secretary  technician  site  screen
    open_conference     lease  lease      no     no         no          no    no
    end_conference      lease  lease      no     no         no          no    no
    start_rehearsal     lease  lease      no     no         no          no    no
    end_rehearsal       lease  lease      no     no         no          no    no
    lock_plan           lease  lease      no     no         no          no    no
    set_details         lease  lease      no     no         no          no    no
    set_agenda          lease  lease      no     yes        no          no    no
    set_sites           lease  lease      no     no         no          no    no
    delegate_regions    lease  lease      no     no         no          no    no
    set_quorum          lease  lease      no     no         no          no    no
    set_templates       lease  lease      no     no         no          no    no
    set_preview         lease  lease      no     no         no          no    no
    clear_preview       lease  lease      no     no         no          no    no
    take                lease  lease      no     no         no          no    no
    back_to_hall        lease  lease      no     no         no          no    no
    undo                lease  lease      no     no         no          no    no
    remove_from_air     lease  lease      no     no         no          no    no
    show_holding        lease  lease      no     no         no          no    no
    set_lower_third     lease  lease      no     no         no          no    no
    show_names          lease  lease      no     no         no          no    no
    start_tour          lease  lease      no     no         no          no    no
    stop_tour           lease  lease      no     no         no          no    no
    mute                lease  region     no     no         no          no    no
    unmute              lease  region     no     no         no          no    no
    mute_all            lease  lease      no     no         no          no    no
    mute_others         lease  lease      no     no         no          no    no
    unmute_all          lease  lease      no     no         no          no    no
    allow_microphones   lease  lease      yes    no         no          no    no
    open_microphone     lease  lease      yes    no         no          no    no
    close_microphone    lease  lease      yes    no         no          no    no
    set_floor_mode      lease  lease      no     no         no          no    no
    request_floor       no     no         no     no         no          own   no
    withdraw_request    lease  region     no     yes        no          own   no
    reorder_queue       lease  lease      yes    yes        no          no    no
    clear_queue         lease  lease      no     no         no          no    no
    invite              lease  region     yes    yes        no          no    no
    cue                 lease  region     no     no         no          no    no
    uncue               lease  region     no     no         no          no    no
    grant               lease  lease      yes    no         no          no    no
    end_speech          lease  lease      yes    no         no          no    no
    interrupt           lease  lease      yes    no         no          own   no
    pause_clock         lease  lease      yes    no         no          no    no
    resume_clock        lease  lease      yes    no         no          no    no
    extend_speech       lease  lease      yes    no         no          no    no
    start_item          lease  lease      yes    no         no          no    no
    finish_item         lease  lease      yes    no         no          no    no
    skip_item           lease  lease      yes    no         no          no    no
    mark_presence       yes    yes        no     yes        no          no    no
    set_delegates       yes    yes        no     yes        no          own   no
    send_message        yes    yes        yes    yes        no          own   no
    acknowledge_message yes    yes        yes    yes        no          own   no
";
const ROLES: [Role; 7] =
    [Role::Lead, Role::Assistant, Role::Chair, Role::Secretary, Role::Technician, Role::Site, Role::Screen];

/// The lines of [`RIGHTS`]: name of the command, and what each of [`ROLES`] may do with it.
fn rows() -> Vec<(&'static str, Vec<(Role, Right)>)> {
    let mut lines = RIGHTS.lines().map(str::trim).filter(|line| !line.is_empty());
    let heads: Vec<_> = lines.next().unwrap().split_whitespace().skip(1).map(str::to_owned).collect();
    assert_eq!(heads, ROLES.map(|role| format!("{role:?}").to_lowercase()), "columns are the roles");
    let right = |word| match word {
        "no" => Right::Never,
        "lease" => Right::WithLease,
        "region" => Right::InRegions,
        "own" => Right::OwnSite,
        "yes" => Right::Always,
        _ => panic!("{word} is no right"),
    };
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap();
        let rights: Vec<_> = words.map(right).collect();
        assert_eq!(rights.len(), ROLES.len(), "{command}");
        (command, ROLES.into_iter().zip(rights).collect())
    };
    lines.map(row).collect()
}

#[test]
fn the_table_covers_every_command() {
    let listed: BTreeSet<String> = one_of_each().iter().map(name).collect();
    assert_eq!(listed, every_name());
    assert!(listed.len() >= 50, "the parser's list was read");
}

#[test]
fn each_role_may_do_what_is_written_above_and_nothing_else() {
    let rows = rows();
    let written: Vec<String> = rows.iter().map(|(command, _)| (*command).to_owned()).collect();
    assert_eq!(written, one_of_each().iter().map(name).collect::<Vec<_>>());

    for ((_, rights), command) in rows.iter().zip(one_of_each()) {
        for (role, expected) in rights {
            assert_eq!(right(*role, &command), *expected, "{role:?}: {}", name(&command));
        }
    }
}

/// A command of somebody of this role, with the lease or without, and whether the log grew.
fn sent(role: Role, holds_lease: bool, command: &Command) -> (Result<(), Refusal>, bool) {
    let mut world = World::new();
    let logged = world.log.len();
    let site = matches!(role, Role::Site | Role::Screen).then_some("a");
    let sender = Actor { holds_lease, ..actor(role, site) };
    let outcome = world.send(sender, command.clone()).map(drop);
    (outcome, world.log.len() > logged)
}

#[test]
fn the_conference_itself_refuses_what_is_not_a_right_and_logs_nothing_of_it() {
    let not_in_control = Err(Refusal::NotInControl { holder: Some("lead".to_owned()) });
    for ((_, rights), command) in rows().iter().zip(one_of_each()) {
        for (role, expected) in rights {
            for holds_lease in [false, true] {
                let what = format!("{role:?}, lease: {holds_lease}: {}", name(&command));
                let (outcome, logged) = sent(*role, holds_lease, &command);
                assert_eq!(logged, outcome.is_ok(), "{what}");
                match expected {
                    Right::Never => assert_eq!(outcome, Err(Refusal::Forbidden), "{what}"),
                    // No region is delegated here.
                    Right::WithLease | Right::InRegions if !holds_lease => {
                        assert_eq!(outcome, not_in_control, "{what}");
                    }
                    // That only the hall may interrupt is seen by the floor.
                    Right::OwnSite if command == Command::Interrupt => {
                        assert_eq!(outcome, Err(Refusal::Forbidden), "{what}");
                    }
                    // What speaks against it now (nobody is in the queue, nothing is in preview) is no question of rights.
                    Right::WithLease | Right::InRegions | Right::OwnSite | Right::Always => {
                        assert_ne!(outcome, Err(Refusal::Forbidden), "{what}");
                        assert!(!matches!(outcome, Err(Refusal::NotInControl { .. })), "{what}");
                    }
                }
            }
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
    let delegates = |of: &str| Command::SetDelegates { site: slug(of), delegates: vec![] };
    assert_eq!(world.site("b", delegates("a")), Err(Refusal::Forbidden));
    assert_eq!(world.site("a", delegates("a")), Err(Refusal::AlreadySo), "it has none so far");
}

#[test]
fn of_the_sites_only_the_hall_interrupts() {
    let mut world = World::new();
    world.put_on_air(Layout::Single, &[camera("a")]);

    for site in ["a", "b"] {
        assert_eq!(world.site(site, Command::Interrupt), Err(Refusal::Forbidden));
    }
    world.site(HALL, Command::Interrupt).unwrap();
    assert_eq!(world.holder(), None);
}

/// Sites a and b in the north, c and d in the south; the south is delegated to the assistant.
fn with_a_delegated_south() -> World {
    let mut regions = setup();
    for site in regions.sites.iter_mut().filter(|site| ["c", "d"].contains(&site.slug.as_str())) {
        site.region = "South".to_owned();
    }
    let mut world = World::of(regions);
    let delegate = Command::DelegateRegions { to: "assistant".to_owned(), regions: vec!["South".to_owned()] };
    world.lead(delegate).unwrap();
    world
}

#[test]
fn an_assistant_without_the_lease_looks_after_the_sites_of_its_regions() {
    let mut world = with_a_delegated_south();
    let assistant = |world: &mut World, command| world.send(actor(Role::Assistant, None), command).map(drop);
    let not_in_control = Err(Refusal::NotInControl { holder: Some("lead".to_owned()) });

    let delegated: [fn(SiteSlug) -> Command; 6] = [
        |site| Command::Mute { site },
        |site| Command::Unmute { site },
        |site| Command::Invite { site },
        |site| Command::Cue { site },
        |site| Command::Uncue { site },
        |site| Command::WithdrawRequest { site },
    ];
    for command in delegated {
        assert_eq!(assistant(&mut world, command(slug("c"))), Ok(()), "{:?}", command(slug("c")));
        assert_eq!(assistant(&mut world, command(slug("a"))), not_in_control, "another region");
        assert_eq!(assistant(&mut world, command(slug("nowhere"))), not_in_control);
    }

    assert_eq!(assistant(&mut world, Command::Grant { site: slug("c") }), not_in_control, "the floor is not delegated");
    assert_eq!(assistant(&mut world, Command::RemoveFromAir { site: slug("c") }), not_in_control);
    let other = Actor { name: "other".to_owned(), ..actor(Role::Assistant, None) };
    assert_eq!(world.send(other, Command::Mute { site: slug("c") }), not_in_control.clone().map(|()| vec![]));
    let namesake = Actor { name: "assistant".to_owned(), ..actor(Role::Technician, None) };
    assert_eq!(world.send(namesake, Command::Mute { site: slug("c") }), Err(Refusal::Forbidden));

    world.lead(Command::DelegateRegions { to: "assistant".to_owned(), regions: vec![] }).unwrap();
    assert_eq!(assistant(&mut world, Command::Mute { site: slug("c") }), not_in_control, "taken back");
}

#[test]
fn safe_commands_are_those_that_only_take_away() {
    let safe: Vec<String> = one_of_each().iter().filter(|command| is_safe(command)).map(name).collect();
    let only_taking_away = [
        "back_to_hall",
        "remove_from_air",
        "show_holding",
        "mute",
        "mute_all",
        "mute_others",
        "close_microphone",
        "interrupt",
    ];
    assert_eq!(safe, only_taking_away);
}

#[test]
fn a_known_id_opens_nothing_to_others_and_is_answered_to_its_sender() {
    let mut world = World::new();
    let request = |actor: Actor| Request {
        id: CommandId("c-1".to_owned()),
        actor,
        seen: None,
        command: Command::MuteAll,
        age_ms: 0,
        speaker: None,
    };
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

#[test]
fn what_meant_a_moment_is_not_done_after_it() {
    let mut world = World::new();
    let given = |actor: Actor, command: Command, age_ms: u32| Request {
        id: CommandId("late".to_owned()),
        actor,
        seen: None,
        command,
        age_ms,
        speaker: None,
    };
    let lead = || actor(Role::Lead, None);
    let late = MAX_COMMAND_AGE_MS + 1;
    let handle = |world: &World, request: Request| world.conference.handle(&request, &world.live, world.now);

    for command in [Command::MuteAll, Command::Undo, Command::Interrupt, Command::EndSpeech, Command::BackToHall] {
        assert_eq!(handle(&world, given(lead(), command.clone(), late)), Err(Refusal::TooLate), "{command:?}");
    }
    assert!(handle(&world, given(lead(), Command::MuteAll, MAX_COMMAND_AGE_MS)).is_ok(), "a short cut");
    let text = Command::SetTemplates { texts: vec!["Đề nghị bật camera.".to_owned()] };
    assert!(handle(&world, given(lead(), text, late)).is_ok(), "means the same later");
    let unable = handle(&world, given(actor(Role::Technician, None), Command::MuteAll, late));
    assert_eq!(unable, Err(Refusal::Forbidden), "rights come first");

    // What was done is told, however late it is asked.
    world.lead(Command::MuteAll).unwrap();
    let done = Request { id: CommandId("c-1".to_owned()), ..given(lead(), Command::MuteAll, late) };
    let revision = world.conference.state().revision;
    assert_eq!(handle(&world, done), Ok(Decision::AlreadyDone { revision }));
}
