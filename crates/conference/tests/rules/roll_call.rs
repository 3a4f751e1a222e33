//! Roll call: delegates of the sites, and how many must be present.

use conference::{delegates::*, *};

use crate::world::{World, setup, slug};

fn delegate(name: &str) -> Delegate {
    Delegate { name: name.to_owned(), title: "Đại biểu".to_owned(), organisation: String::new(), present: false }
}

fn set(site: &str, delegates: &[Delegate]) -> Command {
    Command::SetDelegates { site: slug(site), delegates: delegates.to_vec() }
}

#[test]
fn a_site_names_its_delegates_and_the_centre_corrects_them() {
    let mut world = World::new();
    let mut delegates = vec![delegate("Nguyễn Văn A"), delegate("Trần Thị B")];

    world.site("a", set("a", &delegates)).unwrap();
    assert_eq!(world.site("a", set("a", &delegates)), Err(Refusal::AlreadySo));
    delegates[1].present = true;
    world.lead(set("a", &delegates)).unwrap();

    assert_eq!(world.conference.state().roster.delegates_of(&slug("a")), delegates);
    world.site("a", set("a", &[])).unwrap();
    assert_eq!(world.conference.state().roster.delegates, Default::default());
    assert_eq!(world.lead(set("nowhere", &[])), Err(Refusal::UnknownSite { site: slug("nowhere") }));
}

#[test]
fn what_is_written_of_a_delegate_is_bounded_and_can_be_read() {
    let mut world = World::new();
    let mut refused = |change: &dyn Fn(&mut Delegate)| {
        let mut delegate = delegate("A");
        change(&mut delegate);
        world.site("a", set("a", &[delegate])).unwrap_err()
    };

    let bad_name = Refusal::BadText { max: MAX_DELEGATE_NAME_CHARS as u32 };
    assert_eq!(refused(&|delegate| delegate.name.clear()), bad_name);
    assert_eq!(refused(&|delegate| delegate.name = " ".to_owned()), bad_name);
    assert_eq!(refused(&|delegate| delegate.name = "ạ".repeat(MAX_DELEGATE_NAME_CHARS + 1)), bad_name);
    assert_eq!(refused(&|delegate| delegate.name = "A\u{202E}B".to_owned()), bad_name);
    let bad_text = Refusal::BadText { max: MAX_DELEGATE_TEXT_CHARS as u32 };
    assert_eq!(refused(&|delegate| delegate.title = "ạ".repeat(MAX_DELEGATE_TEXT_CHARS + 1)), bad_text);
    assert_eq!(refused(&|delegate| delegate.organisation = "a\nb".to_owned()), bad_text);

    let longest = Delegate {
        name: "ạ".repeat(MAX_DELEGATE_NAME_CHARS),
        title: "ạ".repeat(MAX_DELEGATE_TEXT_CHARS),
        organisation: "ạ".repeat(MAX_DELEGATE_TEXT_CHARS),
        present: true,
    };
    assert!(world.site("a", set("a", &[longest])).is_ok());
}

#[test]
fn a_hall_full_of_delegates_is_taken_and_not_one_more() {
    let mut world = World::new();
    let mut full: Vec<_> = (0..MAX_DELEGATES).map(|number| delegate(&format!("Đại biểu {number}"))).collect();

    world.site("a", set("a", &full)).unwrap();
    full.push(delegate("Một người nữa"));

    assert_eq!(world.site("a", set("a", &full)), Err(Refusal::TooMany { limit: MAX_DELEGATES as u32 }));
}

/// A delegate whose texts have a thousand bytes.
fn of_a_thousand_bytes() -> Delegate {
    let text = "\u{1F511}".repeat(MAX_DELEGATE_TEXT_CHARS);
    Delegate { name: "x".repeat(100), title: text, organisation: "x".repeat(100), present: false }
}

#[test]
fn texts_of_one_site_and_of_all_together_have_a_bound_that_tells_how_many_there_is_room_for() {
    let mut large = setup();
    let like = large.sites[1].clone();
    large.sites.extend((0..20).map(|number| Site { slug: slug(&format!("s-{number}")), ..like.clone() }));
    let mut world = World::of(large);
    let fits = MAX_DELEGATE_BYTES_OF_SITE / 1_000;
    let too_many = |limit: usize| Err(Refusal::TooMany { limit: limit as u32 });
    let list = vec![of_a_thousand_bytes(); fits + 1];
    assert_eq!(world.lead(set("a", &list)), too_many(fits));

    let sites = MAX_DELEGATE_BYTES / 1_000 / fits;
    for number in 0..sites {
        world.lead(set(&format!("s-{number}"), &list[..fits])).unwrap();
    }

    let left = MAX_DELEGATE_BYTES / 1_000 - sites * fits;
    assert!(left < fits, "the bound of all is reached before that of one");
    assert_eq!(world.lead(set("a", &list[..=left])), too_many(left));
    world.lead(set("a", &list[..left])).unwrap();
    // Who replaces its own list is not hindered by it.
    world.lead(set("s-0", &list[1..fits])).unwrap();
}

#[test]
fn delegates_of_a_site_that_is_gone_are_gone() {
    let mut world = World::new();
    for site in ["a", "b"] {
        world.site(site, set(site, &[delegate("A")])).unwrap();
    }
    let mut sites = setup().sites;
    sites.retain(|site| site.slug != slug("b"));

    world.lead(Command::SetSites { sites }).unwrap();

    assert_eq!(world.conference.state().roster.delegates.keys().collect::<Vec<_>>(), [&slug("a")]);
}

#[test]
fn the_quorum_is_bounded_by_what_there_can_be() {
    let mut world = World::new();
    let quorum = |sites, delegates| Command::SetQuorum { quorum: Quorum { sites, delegates } };
    assert_eq!(world.lead(quorum(0, 0)), Err(Refusal::AlreadySo));
    assert_eq!(world.lead(quorum(151, 0)), Err(Refusal::OutOfRange { min: 0, max: 150 }));
    assert_eq!(world.lead(quorum(0, 15_001)), Err(Refusal::OutOfRange { min: 0, max: 15_000 }));

    world.lead(Command::OpenConference).unwrap();
    world.lead(quorum(42, 500)).unwrap();

    assert_eq!(world.conference.state().plan.quorum, Quorum { sites: 42, delegates: 500 });
    assert_eq!(world.lead(quorum(42, 500)), Err(Refusal::AlreadySo));
}
