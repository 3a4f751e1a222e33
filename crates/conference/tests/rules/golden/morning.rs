//! A morning in which every kind of event happens: prepared twice, planned by hand, rehearsed, held.

use conference::*;

use crate::world::{HALL, SITES, World, camera, other_setups, setup, slug};

pub fn morning() -> World {
    let [rehearsed, _] = other_setups();
    let mut world = World::of(rehearsed);
    world.put_on_air(Layout::SideBySide, &[camera("b"), camera("c")]);
    world.site("c", Command::RequestFloor { kind: RequestKind::Request }).unwrap();
    start(&mut world, setup());
    plan(&mut world);
    rehearsal(&mut world);
    let codec = VideoCodec::Vp8;
    start(&mut world, Setup { codec, ..setup() });
    world.join("a", EndpointRole::Screen);
    roll_call(&mut world);
    world.lead(Command::OpenConference).unwrap();
    world.start_item("opening").unwrap();
    world.wait(60_000);
    reports(&mut world);
    dropouts(&mut world);
    discussion(&mut world);
    intermission(&mut world);
    world.fact(Fact::JournalCaughtUp { late: 2 });
    world.fact(Fact::ServerStarted { instance: InstanceId::from("second") });
    world.join(HALL, EndpointRole::Main);
    world.lead(Command::FinishItem { item: ItemId::from("report-a") }).unwrap();
    world.lead(Command::EndConference { confirmation: "test".to_owned() }).unwrap();
    world
}

/// The server starts anew with this file, and everybody comes back.
fn start(world: &mut World, file: Setup) {
    world.restart(file);
    for site in SITES {
        world.join(site, EndpointRole::Main);
    }
}

fn plan(world: &mut World) {
    let details = Details { title: "Hội nghị toàn quốc".to_owned(), ..setup().details() };
    let Setup { mut agenda, mut sites, .. } = setup();
    world.lead(Command::SetDetails { details }).unwrap();
    for site in sites.iter_mut().filter(|site| ["c", "d"].contains(&site.slug.as_str())) {
        site.region = "South".to_owned();
        site.receive_kbps = Some(2_000);
    }
    world.lead(Command::SetSites { sites }).unwrap();
    agenda[1].layout = Some(Layout::SpeakerHall);
    agenda[1].speaker = Some(Speaker {
        name: "Ông Nguyễn Văn A".to_owned(),
        title: "Chủ tịch".to_owned(),
        organisation: "Ủy ban bầu cử".to_owned(),
    });
    agenda[1].documents = vec![Document { id: "d-1".to_owned(), name: "Báo cáo.pdf".to_owned(), bytes: 120_000 }];
    agenda.push(Item { id: ItemId::from("report-b"), site: Some(slug("b")), documents: vec![], ..agenda[1].clone() });
    world.lead(Command::SetAgenda { items: agenda }).unwrap();
    let regions = vec!["South".to_owned()];
    world.lead(Command::DelegateRegions { to: "assistant".to_owned(), regions }).unwrap();
    world.lead(Command::SetQuorum { quorum: Quorum { sites: 4, delegates: 10 } }).unwrap();
    world.lead(Command::SetTemplates { texts: vec!["Xin kiểm tra micro".to_owned()] }).unwrap();
    world.lead(Command::LockPlan { locked: true }).unwrap();
}

fn rehearsal(world: &mut World) {
    world.lead(Command::StartRehearsal).unwrap();
    world.start_item("report-a").unwrap();
    world.take().unwrap();
    world.shown();
    world.wait(10_000);
    world.site("d", Command::SendMessage { to: vec![], text: "Nghe rõ".to_owned() }).unwrap();
    world.lead(Command::AcknowledgeMessage { message: MessageId(1) }).unwrap();
    start(world, setup());
    world.lead(Command::EndRehearsal).unwrap();
}

fn roll_call(world: &mut World) {
    let delegate = |name: &str, present| Delegate {
        name: name.to_owned(),
        title: "Đại biểu".to_owned(),
        organisation: String::new(),
        present,
    };
    let delegates = vec![delegate("Trần Thị B", true), delegate("Lê Văn C", false)];
    world.site("a", Command::SetDelegates { site: slug("a"), delegates }).unwrap();
    for site in ["a", "b"] {
        world.lead(Command::MarkPresence { site: slug(site), present: true, reason: String::new() }).unwrap();
    }
    let absent = Command::MarkPresence { site: slug("d"), present: false, reason: "Mất điện".to_owned() };
    world.lead(absent).unwrap();
}

fn reports(world: &mut World) {
    world.lead(Command::SkipItem { item: ItemId::from("report-b"), skipped: true }).unwrap();
    let name = "Ông Nguyễn Văn A".to_owned();
    let text = LowerThird::Text { name, description: "Chủ tịch".to_owned() };
    world.lead(Command::SetLowerThird { lower_third: text }).unwrap();
    world.start_item("report-a").unwrap();
    world.lead(Command::Cue { site: slug("a") }).unwrap();
    world.lead(Command::Cue { site: slug("b") }).unwrap();
    world.lead(Command::Uncue { site: slug("b") }).unwrap();
    world.put_on_air(Layout::SpeakerHall, &[camera("a"), camera(HALL)]);
    world.wait(30_000);
    world.lead(Command::PauseClock).unwrap();
    world.lead(Command::ResumeClock).unwrap();
    world.lead(Command::ExtendSpeech { seconds: 60 }).unwrap();
    world.drop_out("a", EndpointRole::Main);
    world.wait(5_000);
    world.join("a", EndpointRole::Main);
    world.chair(Command::Interrupt).unwrap();
    world.lead(Command::BackToHall).unwrap();
    world.lead(Command::Undo).unwrap();
    world.shown();
    world.order(Layout::Single, &[camera("b")]).unwrap();
    let take = world.conference.state().stage.last_take;
    world.fact(Fact::TakeFailed { take, reason: TakeFailure::NoKeyframe });
    world.lead(Command::ClearPreview).unwrap();
    world.lead(Command::RemoveFromAir { site: slug("a") }).unwrap();
}

/// Two speeches are cut off and set aside: one goes on, one does not.
fn dropouts(world: &mut World) {
    for site in ["b", "c"] {
        world.put_on_air(Layout::Single, &[camera(site)]);
        world.wait(10_000);
        world.drop_out(site, EndpointRole::Main);
        world.put_on_air(Layout::Single, &[camera("d")]);
        world.wait(2_000);
        world.lead(Command::EndSpeech).unwrap();
        world.join(site, EndpointRole::Main);
    }
    world.put_on_air(Layout::Single, &[camera("b")]);
    world.wait(5_000);
    world.lead(Command::BackToHall).unwrap();
    world.lead(Command::WithdrawRequest { site: slug("c") }).unwrap();
}

/// Microphones beyond the picture, a look around, the slide.
fn intermission(world: &mut World) {
    world.lead(Command::BackToHall).unwrap();
    world.lead(Command::UnmuteAll).unwrap();
    world.chair(Command::AllowMicrophones { allowed: true }).unwrap();
    world.chair(Command::OpenMicrophone { site: slug("c") }).unwrap();
    world.chair(Command::CloseMicrophone { site: slug("c") }).unwrap();
    world.lead(Command::MuteOthers).unwrap();
    world.lead(Command::ShowNames { shown: false }).unwrap();
    let sites = vec![slug("a"), slug("b"), slug("c")];
    world.lead(Command::StartTour { sites, dwell_ms: 5_000, repeat: false }).unwrap();
    world.play(30_000);
    let (title, text) = ("Hội nghị tạm nghỉ".to_owned(), "Tiếp tục lúc 10 giờ".to_owned());
    world.lead(Command::ShowHolding { title, text }).unwrap();
    world.lead(Command::BackToHall).unwrap();
}

fn discussion(world: &mut World) {
    world.lead(Command::MuteAll).unwrap();
    world.lead(Command::Unmute { site: slug("b") }).unwrap();
    world.lead(Command::Mute { site: slug("b") }).unwrap();
    world.lead(Command::SetFloorMode { mode: FloorMode::Queue }).unwrap();
    for site in ["a", "b", "c"] {
        world.site(site, Command::RequestFloor { kind: RequestKind::Request }).unwrap();
    }
    world.lead(Command::ReorderQueue { site: slug("c"), position: 0 }).unwrap();
    world.lead(Command::Invite { site: slug("c") }).unwrap();
    world.site("a", Command::WithdrawRequest { site: slug("a") }).unwrap();
    world.lead(Command::Grant { site: slug("c") }).unwrap();
    world.put_on_air(Layout::Grid, &[camera("c"), camera("b"), camera(HALL)]);
    world.wait(90_000);
    world.lead(Command::EndSpeech).unwrap();
    world.lead(Command::ClearQueue).unwrap();
    world.lead(Command::SendMessage { to: vec![slug("b")], text: "Cảm ơn".to_owned() }).unwrap();
}
