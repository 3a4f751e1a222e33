//! Texts: nobody writes another one's away, and nobody reads something else than was written.

use conference::{
    CENTRE, Command, MAX_MESSAGES, MAX_TEXT_BYTES_KEPT, MAX_TEXT_CHARS, MessageId, Presence, Refusal, Role,
};

use crate::world::{World, actor, slug};

fn text(text: &str) -> Command {
    Command::SendMessage { to: vec![], text: text.to_owned() }
}

fn kept(world: &World) -> Vec<u64> {
    world.conference.state().messages.latest.iter().map(|message| message.id.0).collect()
}

#[test]
fn a_site_that_writes_without_end_loses_its_own_texts_only() {
    let mut world = World::new();
    world.site("a", text("Khẩn: mất điện")).unwrap();
    world.lead(text("Xin chờ")).unwrap();
    for n in 0..3 * MAX_MESSAGES {
        world.site("b", text(&format!("b {n}"))).unwrap();
    }

    let kept = kept(&world);

    assert_eq!(kept.len(), MAX_MESSAGES);
    assert_eq!(kept[..2], [1, 2], "the urgent text and the centre's are still there");
    assert_eq!(kept.last(), Some(&world.conference.state().messages.last), "and so is the newest");
}

#[test]
fn long_texts_of_one_site_push_out_its_own_too() {
    let mut world = World::new();
    world.site("a", text("Khẩn: mất điện")).unwrap();
    // Four bytes a character, the longest that is allowed.
    let long = "\u{1F511}".repeat(MAX_TEXT_CHARS);
    for _ in 0..2 * MAX_TEXT_BYTES_KEPT / long.len() {
        world.site("b", text(&long)).unwrap();
    }

    let messages = &world.conference.state().messages.latest;

    assert_eq!(messages.front().map(|message| message.id), Some(MessageId(1)));
    let bytes: usize = messages.iter().map(|message| message.text.len()).sum();
    assert!(bytes <= MAX_TEXT_BYTES_KEPT && bytes + long.len() > MAX_TEXT_BYTES_KEPT, "{bytes}");
}

#[test]
fn what_was_acknowledged_goes_before_what_was_not() {
    let mut world = World::new();
    for n in 0..MAX_MESSAGES {
        world.site("b", text(&format!("b {n}"))).unwrap();
    }
    world.lead(Command::AcknowledgeMessage { message: MessageId(7) }).unwrap();
    world.site("b", text("one more")).unwrap();
    let kept = kept(&world);
    assert!(!kept.contains(&7), "the centre has read it");
    assert!(kept.contains(&1), "this one nobody has read");
    assert!(world.conference.state().messages.latest.iter().all(|message| !message.acknowledged.contains(CENTRE)));
}

#[test]
fn a_text_to_two_sites_is_settled_when_both_have_read_it() {
    let mut world = World::new();
    let to = vec![slug("a"), slug("b")];
    for _ in 0..MAX_MESSAGES {
        world.lead(Command::SendMessage { to: to.clone(), text: "Chuẩn bị".to_owned() }).unwrap();
    }
    for (site, message) in [("a", 3), ("a", 5), ("b", 5)] {
        world.site(site, Command::AcknowledgeMessage { message: MessageId(message) }).unwrap();
    }

    world.lead(text("Bắt đầu")).unwrap();

    let kept = kept(&world);
    assert!(!kept.contains(&5) && kept.contains(&3) && kept.contains(&1), "{kept:?}");
}

#[test]
fn characters_that_show_a_reader_something_else_are_refused() {
    let mut world = World::new();
    let turned =
        ["\u{202E}", "\u{202A}", "\u{2066}", "\u{2069}", "\u{200F}", "\u{061C}", "\u{2028}", "\u{7}", "\u{9B}"];
    for bad in turned {
        let refused = world.site("a", text(&format!("gpj{bad}.exe")));
        assert_eq!(refused, Err(Refusal::BadText { max: MAX_TEXT_CHARS as u32 }), "{bad:?}");
        let absent = Command::MarkPresence { site: slug("a"), present: false, reason: format!("ốm{bad}") };
        assert!(matches!(world.send(actor(Role::Secretary, None), absent), Err(Refusal::BadText { .. })), "{bad:?}");
    }
    // Lines, tabs and joined emoji are text.
    world.site("a", text("một\n\thai \u{1F469}\u{200D}\u{1F4BB}")).unwrap();
    let absent = Command::MarkPresence { site: slug("a"), present: false, reason: "đi vắng".to_owned() };
    world.send(actor(Role::Secretary, None), absent).unwrap();
    assert_eq!(
        world.conference.state().roster.presence_of(&slug("a")),
        Presence::Absent { reason: "đi vắng".to_owned() }
    );
}
