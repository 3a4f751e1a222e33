//! Drops of a small country: four regions of four sites, two carriers, two relays.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn site(number: u64) -> SiteSlug {
    SiteSlug(format!("site-{number:02}"))
}

/// Region by fours, carrier by odd and even, relay by halves of each region.
fn place(number: u64) -> Place {
    Place {
        region: format!("region-{}", number / 4),
        carrier: format!("carrier-{}", number % 2),
        relay: format!("relay-{}", number / 2 % 2),
    }
}

fn country() -> Incidents {
    let mut incidents = Incidents::default();
    incidents.set_places(Millis(0), (0..16).map(|number| (site(number), place(number))).collect());
    for number in 0..16 {
        incidents.appeared(Millis(0), &site(number));
    }
    incidents
}

/// Lets time pass in the steps that it asks for.
fn pass(incidents: &mut Incidents, until: u64) -> Vec<IncidentEvent> {
    while let Some(next) = incidents.poll_timeout().filter(|next| next.0 <= until) {
        incidents.handle_timeout(next);
    }
    incidents.handle_timeout(Millis(until));
    std::iter::from_fn(|| incidents.poll_event()).collect()
}

fn summary(events: &[IncidentEvent]) -> Vec<(&'static str, Cause, usize)> {
    let each = |event: &IncidentEvent| match event {
        IncidentEvent::Opened(incident) => ("opened", incident.cause.clone(), incident.sites.len()),
        IncidentEvent::Changed(incident) => ("changed", incident.cause.clone(), incident.sites.len()),
        IncidentEvent::Closed(incident, End::Over) => ("closed", incident.cause.clone(), incident.sites.len()),
        IncidentEvent::Closed(incident, End::MergedInto(_)) => ("merged", incident.cause.clone(), incident.sites.len()),
    };
    events.iter().map(each).collect()
}

fn drop_at(incidents: &mut Incidents, numbers: &[u64], began: u64) {
    for number in numbers {
        incidents.dropped(Millis(began + 2_300), &site(*number), Millis(began));
    }
}

#[test]
fn a_blink_is_no_incident() {
    let mut incidents = country();
    drop_at(&mut incidents, &[3], 10_000);
    incidents.appeared(Millis(12_500), &site(3));

    assert_eq!(pass(&mut incidents, 100_000), []);
    assert_eq!((incidents.blinks(), incidents.open().count()), (1, 0));
}

#[test]
fn one_site_is_an_incident_of_its_own_within_three_seconds() {
    let mut incidents = country();
    drop_at(&mut incidents, &[3], 10_000);

    let events = pass(&mut incidents, 13_000);

    assert_eq!(summary(&events), [("opened", Cause::Site(site(3)), 1)]);
    incidents.appeared(Millis(50_000), &site(3));
    let events = pass(&mut incidents, 200_000);
    assert_eq!(summary(&events).last(), Some(&("closed", Cause::Site(site(3)), 1)));
    assert_eq!(incidents.history().map(|incident| incident.ended).collect::<Vec<_>>(), [Some(Millis(50_000))]);
}

#[test]
fn what_a_whole_region_carrier_relay_or_country_has_in_common_is_named() {
    let region = (4..8).collect::<Vec<_>>();
    let carrier = (0..16).filter(|number| number % 2 == 1).collect::<Vec<_>>();
    let relay = (0..16).filter(|number| number / 2 % 2 == 0).collect::<Vec<_>>();
    let all = (0..16).collect::<Vec<_>>();
    for (numbers, cause) in [
        (region, Cause::Region("region-1".to_owned())),
        (carrier, Cause::Carrier("carrier-1".to_owned())),
        (relay, Cause::Relay("relay-0".to_owned())),
        (all, Cause::Centre),
    ] {
        let mut incidents = country();
        drop_at(&mut incidents, &numbers, 10_000);

        let events = pass(&mut incidents, 13_500);

        assert_eq!(summary(&events), [("opened", cause, numbers.len())]);
    }
}

#[test]
fn a_region_that_goes_one_by_one_ends_as_one_incident() {
    let mut incidents = country();
    let mut events = Vec::new();
    for (index, number) in (4..8).enumerate() {
        let began = 10_000 + index as u64 * 4_000;
        events.extend(pass(&mut incidents, began + 2_300));
        drop_at(&mut incidents, &[number], began);
    }
    events.extend(pass(&mut incidents, 40_000));

    let open: Vec<_> = incidents.open().map(|open| (open.cause.clone(), open.sites.len(), open.began)).collect();
    assert_eq!(open, [(Cause::Region("region-1".to_owned()), 4, Millis(10_000))]);
    let merged =
        events.iter().filter(|event| matches!(event, IncidentEvent::Closed(_, End::MergedInto(IncidentId(1)))));
    assert!(merged.count() >= 1);
}

#[test]
fn two_sites_that_share_a_carrier_with_many_are_two_incidents() {
    let mut incidents = country();
    drop_at(&mut incidents, &[1, 7], 10_000);

    pass(&mut incidents, 20_000);

    let causes: Vec<_> = incidents.open().map(|open| open.cause.clone()).collect();
    assert_eq!(causes, [Cause::Site(site(1)), Cause::Site(site(7))]);
}

#[test]
fn a_region_and_a_far_site_at_once_are_two_incidents() {
    let mut incidents = country();
    drop_at(&mut incidents, &[4, 5, 6, 7, 13], 10_000);

    pass(&mut incidents, 20_000);

    let open: Vec<_> = incidents.open().map(|open| (open.cause.clone(), open.sites.len())).collect();
    assert_eq!(open, [(Cause::Region("region-1".to_owned()), 4), (Cause::Site(site(13)), 1)]);
}

#[test]
fn a_link_that_flaps_is_one_incident() {
    let mut incidents = country();
    let mut events = Vec::new();
    for start in (10_000..190_000).step_by(20_000) {
        drop_at(&mut incidents, &[3], start);
        events.extend(pass(&mut incidents, start + 5_000));
        incidents.appeared(Millis(start + 6_000), &site(3));
        events.extend(pass(&mut incidents, start + 15_000));
    }
    events.extend(pass(&mut incidents, 400_000));

    let told = summary(&events);
    assert_eq!(told.iter().filter(|(what, _, _)| *what == "opened").count(), 1);
    assert_eq!(told.iter().filter(|(what, _, _)| *what == "closed").count(), 1);
    let history: Vec<_> = incidents.history().map(|over| (over.sites[&site(3)].times, over.inside)).collect();
    assert_eq!(history, [(9, 1.0)]);
}

#[test]
fn who_leaves_on_purpose_or_never_came_does_not_drop() {
    let mut incidents = country();
    incidents.left(Millis(5_000), &site(3));
    drop_at(&mut incidents, &[3], 10_000);
    incidents.dropped(Millis(10_000), &SiteSlug::from("unknown"), Millis(9_000));

    assert_eq!(pass(&mut incidents, 100_000), []);
}

#[test]
fn sites_that_were_down_before_are_no_part_of_what_comes_later() {
    let mut incidents = country();
    drop_at(&mut incidents, &[4], 10_000);
    pass(&mut incidents, 100_000);
    drop_at(&mut incidents, &[5, 6, 7], 110_000);
    pass(&mut incidents, 120_000);

    let open: Vec<_> = incidents.open().map(|open| (open.cause.clone(), open.sites.len(), open.inside)).collect();
    assert_eq!(open, [(Cause::Site(site(4)), 1, 1.0), (Cause::Region("region-1".to_owned()), 3, 1.0)]);
}

#[test]
fn history_is_bounded() {
    let mut incidents = country();
    let mut at = 10_000;
    for _ in 0..(MAX_HISTORY + 5) {
        drop_at(&mut incidents, &[3], at);
        pass(&mut incidents, at + 5_000);
        incidents.appeared(Millis(at + 5_000), &site(3));
        at += 100_000;
        pass(&mut incidents, at);
    }
    assert_eq!(incidents.history().count(), MAX_HISTORY);
}

#[test]
fn a_drop_that_was_counted_to_an_older_incident_moves_to_the_one_that_explains_it() {
    let mut incidents = country();
    drop_at(&mut incidents, &[4], 10_000);
    pass(&mut incidents, 20_000);
    incidents.appeared(Millis(20_000), &site(4));
    drop_at(&mut incidents, &[4], 40_000);
    pass(&mut incidents, 43_500);
    assert_eq!(incidents.open().map(|open| open.sites[&site(4)].times).collect::<Vec<_>>(), [2]);

    drop_at(&mut incidents, &[5, 6, 7], 42_000);
    pass(&mut incidents, 50_000);

    let open: Vec<_> = incidents.open().map(|open| (open.cause.clone(), open.sites.len(), open.ended)).collect();
    let region = Cause::Region("region-1".to_owned());
    assert_eq!(open, [(Cause::Site(site(4)), 1, Some(Millis(40_000))), (region, 4, None)]);
}

/// Everybody drops, and all come back at 40 s but site 0, which keeps the incident of the centre open.
fn country_with_a_straggler() -> Incidents {
    let mut incidents = country();
    drop_at(&mut incidents, &(0..16).collect::<Vec<_>>(), 10_000);
    pass(&mut incidents, 40_000);
    for number in 1..16 {
        incidents.appeared(Millis(40_000), &site(number));
    }
    incidents
}

/// The causes of the incidents that are opened until then.
fn opened(incidents: &mut Incidents, until: u64) -> Vec<(Cause, usize)> {
    let told = summary(&pass(incidents, until));
    told.into_iter().filter(|(what, ..)| *what == "opened").map(|(_, cause, sites)| (cause, sites)).collect()
}

#[test]
fn one_site_that_stays_down_does_not_hide_the_next_outage_of_all_others() {
    let mut incidents = country_with_a_straggler();
    pass(&mut incidents, 250_000);
    drop_at(&mut incidents, &(1..16).collect::<Vec<_>>(), 250_000);

    assert_eq!(opened(&mut incidents, 256_000), [(Cause::Centre, 15)]);

    let open: Vec<_> = incidents.open().map(|open| (open.began, open.sites[&site(9)].times, open.ended)).collect();
    assert_eq!(open, [(Millis(10_000), 1, None), (Millis(250_000), 1, None)]);
}

#[test]
fn one_site_that_flaps_does_not_hide_the_next_outage_of_all_others() {
    let mut incidents = country_with_a_straggler();
    pass(&mut incidents, 240_000);
    incidents.appeared(Millis(240_000), &site(0));
    drop_at(&mut incidents, &[0], 245_000);
    assert_eq!(opened(&mut incidents, 250_000), []);
    drop_at(&mut incidents, &(1..16).collect::<Vec<_>>(), 250_000);

    assert_eq!(opened(&mut incidents, 256_000), [(Cause::Centre, 16)]);

    let open: Vec<_> = incidents.open().map(|open| (open.began, open.ended)).collect();
    assert_eq!(open, [(Millis(10_000), Some(Millis(245_000))), (Millis(245_000), None)]);
}

#[test]
fn what_drops_while_an_old_incident_is_open_has_its_own_cause() {
    let mut incidents = country_with_a_straggler();
    pass(&mut incidents, 250_000);
    drop_at(&mut incidents, &[9], 250_000);
    assert_eq!(opened(&mut incidents, 260_000), [(Cause::Site(site(9)), 1)]);

    drop_at(&mut incidents, &[4, 5, 6, 7], 400_000);
    assert_eq!(opened(&mut incidents, 410_000), [(Cause::Region("region-1".to_owned()), 4)]);

    let old = incidents.open().next().unwrap();
    assert!(old.sites.values().all(|dropped| dropped.times == 1), "{old:?}");
}

#[test]
fn a_site_of_an_open_incident_that_flaps_stays_in_it_until_it_was_quiet() {
    let mut incidents = country_with_a_straggler();
    drop_at(&mut incidents, &[9], 70_000);
    assert_eq!(opened(&mut incidents, 80_000), []);
    let times: Vec<_> = incidents.open().map(|open| open.sites[&site(9)].times).collect();
    assert_eq!(times, [2]);

    incidents.appeared(Millis(80_000), &site(9));
    pass(&mut incidents, 140_000);
    drop_at(&mut incidents, &[9], 80_000 + QUIET_MS);
    assert_eq!(opened(&mut incidents, 150_000), [(Cause::Site(site(9)), 1)]);
}

#[test]
fn a_fault_that_comes_back_within_the_quiet_time_is_the_same_incident() {
    let mut incidents = country_with_a_straggler();
    drop_at(&mut incidents, &(1..16).collect::<Vec<_>>(), 70_000);

    assert_eq!(opened(&mut incidents, 80_000), []);

    let open: Vec<_> = incidents.open().map(|open| (open.cause.clone(), open.sites[&site(9)].times)).collect();
    assert_eq!(open, [(Cause::Centre, 2)]);
}

/// What must hold whenever time has been handled.
fn check(incidents: &Incidents, now: Millis) {
    for (id, open) in &incidents.open {
        let Incident { sites, ended, .. } = &open.incident;
        assert!(!sites.is_empty(), "{id:?} has no site");
        assert_eq!(ended.is_none(), sites.values().any(|dropped| dropped.back.is_none()), "{id:?} {:?}", open.incident);
        for (site, _) in sites.iter().filter(|(_, dropped)| dropped.back.is_none()) {
            assert_eq!(incidents.drop_incident(site), Some(*id), "{site} is down, but not there");
        }
    }
    for site in incidents.lines.keys() {
        let there = |id| incidents.open.get(&id).is_some_and(|open| open.incident.sites.contains_key(site));
        assert!(incidents.drop_incident(site).is_none_or(there), "{site}");
    }
    assert!(incidents.poll_timeout().is_none_or(|next| next > now), "time would stand still");
}

proptest! {
    #[test]
    fn whatever_drops_and_returns_the_books_are_right(
        steps in prop::collection::vec((0u64..16, 0u8..8, 0u64..4_000, 0u64..6_000), 1..300),
    ) {
        let (mut incidents, mut now, mut open) = (country(), Millis(0), BTreeSet::new());
        for (number, what, wait, silent) in steps {
            now = now.plus(wait);
            match what {
                0..4 => incidents.dropped(now, &site(number), now.minus(silent)),
                4..7 => incidents.appeared(now, &site(number)),
                _ => incidents.left(now, &site(number)),
            }
            incidents.handle_timeout(now);
            check(&incidents, now);
            while let Some(event) = incidents.poll_event() {
                match event {
                    IncidentEvent::Opened(incident) => prop_assert!(open.insert(incident.id)),
                    IncidentEvent::Changed(incident) => prop_assert!(open.contains(&incident.id)),
                    IncidentEvent::Closed(incident, _) => prop_assert!(open.remove(&incident.id)),
                }
            }
            prop_assert!(incidents.open().map(|incident| incident.id).eq(open.iter().copied()));
        }
    }
}
