//! Who is lost stays lost, also when nothing of its line is remembered any more.

use std::sync::Arc;
use std::time::Duration;

use super::super::presence::ENDPOINT_KEPT;
use super::*;
use crate::access::TokenId;
use crate::conference_task::test_setup::setup_of;

const SITES: [&str; 2] = ["hall", "cao-bang"];
/// Time of day when the line is cut, ms since the epoch.
const CUT_AT: u64 = 1_000_000;
/// Everything is told by then.
const TOLD: Duration = Duration::from_secs(3);
/// Alarms and incidents that are over are closed in less.
const QUIET: Duration = Duration::from_millis(2 * health::QUIET_MS);

fn cao_bang() -> SiteSlug {
    SiteSlug::from("cao-bang")
}

fn link(of: &str) -> Revocation {
    Revocation::Token(TokenId(of.to_owned()))
}

/// Cao Bằng, whose line was good until now, and of which nothing is remembered from now on.
fn forgotten() -> (Wellbeing, Instant) {
    let (site, began) = (cao_bang(), Instant::now());
    let beginning = HealthBeginning {
        settings: health::Settings::default(),
        store: HealthStore::nowhere(),
        before: Before::default(),
        last_check: 0,
        listener: Arc::new(|_: &wire::HealthEntry| {}),
    };
    let mut wellbeing = Wellbeing::new(beginning, &setup_of(&SITES), CUT_AT);
    let good = health::Arriving { control: true, picture: true, sound: true, ..health::Arriving::NOTHING };
    wellbeing.watch.arriving(CUT_AT, &site, &good, 0);
    wellbeing.arrived.insert(site.clone(), began);
    wellbeing.credentials.insert(site.clone(), link("cao-bang"));
    wellbeing.note_verdict(CUT_AT, &site, health::Finding::GOOD);
    (wellbeing, began)
}

/// Judges when there is no line. Gives the sites by their verdicts (good, weak, bad, lost), open alarms and open incidents.
fn look(wellbeing: &mut Wellbeing, began: Instant, after: Duration) -> ([usize; 4], usize, usize) {
    let steady = CUT_AT + millis(after);
    let now = Now { instant: began + after, wall: conference::Millis(steady) };
    wellbeing.judge(now, steady, &BTreeMap::new());
    wellbeing.watch.settle(steady);
    wellbeing.watch.counts()
}

#[test]
fn a_site_that_was_only_silent_is_lost_however_long_it_is_so() {
    let (mut wellbeing, began) = forgotten();
    assert_eq!(look(&mut wellbeing, began, Duration::from_secs(1)), ([1, 0, 0, 0], 0, 0), "that is a blink yet");

    for after in [TOLD, ENDPOINT_KEPT, 3 * ENDPOINT_KEPT] {
        assert_eq!(look(&mut wellbeing, began, after), ([0, 0, 0, 1], 1, 1), "{after:?}");
    }

    let verdict = &wellbeing.verdicts[&cao_bang()];
    assert_eq!(verdict.finding.quality, health::Quality::Lost);
    assert_eq!(verdict.lost_since, Some(CUT_AT + millis(TOLD)));
}

#[test]
fn a_goodbye_the_end_of_its_link_or_of_its_place_ends_that() {
    let endings: [fn(&mut Wellbeing); 3] = [
        |wellbeing| wellbeing.goodbye(&cao_bang()),
        |wellbeing| wellbeing.revoked(&link("cao-bang")),
        |wellbeing| {
            let left_out = millis(ENDPOINT_KEPT);
            wellbeing.watch.set_sites(CUT_AT + left_out, RELAY, setup_of(&SITES).sites.iter().take(1));
        },
    ];
    for (number, end) in endings.iter().enumerate() {
        let (mut wellbeing, began) = forgotten();
        look(&mut wellbeing, began, TOLD);
        assert_eq!(look(&mut wellbeing, began, ENDPOINT_KEPT), ([0, 0, 0, 1], 1, 1));

        end(&mut wellbeing);

        let (sites, ..) = look(&mut wellbeing, began, ENDPOINT_KEPT);
        assert_eq!(sites, [0; 4], "ending {number}");
        assert_eq!(look(&mut wellbeing, began, ENDPOINT_KEPT + QUIET), ([0; 4], 0, 0), "ending {number}");
        let kept = (wellbeing.verdicts.len(), wellbeing.arrived.len(), wellbeing.credentials.len());
        assert_eq!(kept, (0, 0, 0), "ending {number}");
    }
}

#[test]
fn the_end_of_another_link_changes_nothing() {
    let (mut wellbeing, began) = forgotten();
    look(&mut wellbeing, began, TOLD);

    wellbeing.revoked(&link("hall"));

    assert_eq!(look(&mut wellbeing, began, ENDPOINT_KEPT), ([0, 0, 0, 1], 1, 1));
}
