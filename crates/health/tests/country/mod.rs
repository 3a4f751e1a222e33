//! A country of 64 sites on virtual time, and outages that are scripted.
//!
//! A line is played as the server sees it: what arrives is looked at four times a second, nothing for 2.25 s is lost. Regions are
//! those of 2021; carriers and relays are dealt by the seed.

use std::collections::{BTreeMap, BTreeSet};

use health::units::{DelayMs, Fps, Share};
use health::{
    AlarmEvent, Arriving, Cause, End, Health, HealthEvent, Incident, IncidentEvent, Millis, Place, Settings, SiteSlug,
};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

/// Sites of each region in 2021, with the hall in the last one.
const REGIONS: [(&str, usize); 6] = [
    ("Trung du và miền núi phía Bắc", 14),
    ("Bắc Trung Bộ và Duyên hải miền Trung", 14),
    ("Đồng bằng sông Cửu Long", 13),
    ("Đông Nam Bộ", 6),
    ("Tây Nguyên", 5),
    ("Đồng bằng sông Hồng", 12),
];
const CARRIERS: [&str; 3] = ["VNPT", "Viettel", "FPT"];
const RELAYS: usize = 4;
/// Between two looks of the server.
pub const LOOK_MS: u64 = 250;
/// As long without a packet is lost (`SILENT_AFTER` of the server).
const SILENT_AFTER_MS: u64 = 2_250;
/// Batteries and buffers carry some sites of a fault a little longer than others.
const STAGGER_MS: u64 = 3_000;
/// Sites come within this time.
const JOINING_MS: u64 = 8_000;
/// Of who comes, or comes back, few pictures arrive for so long: an encoder begins, and the first keyframe is waited for.
const BEGINS_MS: u64 = 1_500;
/// A clean run lasts so long.
const CLEAN_MS: u64 = 15 * 60_000;
/// One site of twenty is spared by a reserve line with another carrier.
const SPARED: f64 = 0.05;

/// Times, ms, at which nothing arrives of a site.
type Cuts = BTreeMap<SiteSlug, Vec<(u64, u64)>>;

/// What was done, and should be told.
#[derive(Debug, Clone)]
struct Fault {
    cause: Cause,
    began: u64,
    sites: BTreeSet<SiteSlug>,
}

struct Country {
    places: BTreeMap<SiteSlug, Place>,
    /// Sites of one fault stop within so long of each other, ms.
    stagger_ms: u64,
    random: StdRng,
}

impl Country {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let regions: Vec<&str> = REGIONS.iter().flat_map(|(name, count)| vec![*name; *count]).collect();
        let mut relays: Vec<usize> = (0..regions.len()).map(|index| index % RELAYS).collect();
        relays.shuffle(&mut random);
        let places = regions.iter().zip(relays).enumerate().map(|(index, (region, relay))| {
            let carrier = CARRIERS.choose(&mut random).copied().unwrap_or_default().to_owned();
            let place = Place { region: (*region).to_owned(), carrier, relay: format!("relay-{relay}") };
            (SiteSlug(format!("site-{index:02}")), place)
        });
        let places: BTreeMap<_, _> = places.collect();
        Self { places, stagger_ms: STAGGER_MS, random }
    }

    fn sites(&self, fits: impl Fn(&Place) -> bool) -> Vec<SiteSlug> {
        self.places.iter().filter(|(_, place)| fits(place)).map(|(site, _)| site.clone()).collect()
    }

    fn any_site(&mut self) -> SiteSlug {
        let sites = self.sites(|_| true);
        sites.choose(&mut self.random).cloned().expect("a country has sites")
    }

    /// Cuts sites at about `at`, for half a minute to a minute and a half.
    fn cut(&mut self, cuts: &mut Cuts, cause: Cause, sites: Vec<SiteSlug>, at: u64) -> Fault {
        let (mut began, mut cut_sites, many) = (u64::MAX, BTreeSet::new(), sites.len() > 1);
        for site in sites {
            if many && self.random.random_bool(SPARED) {
                continue;
            }
            let start = at + if many { self.random.random_range(0..self.stagger_ms) } else { 0 };
            let end = start + self.random.random_range(30_000..90_000);
            cuts.entry(site.clone()).or_default().push((start, end));
            began = began.min(start);
            cut_sites.insert(site);
        }
        Fault { cause, began, sites: cut_sites }
    }

    /// Pauses of up to 1.9 s here and there: radio links, routes that change, browsers that sleep.
    fn blinks(&mut self, cuts: &mut Cuts, until: u64) {
        for _ in 0..until / 10_000 {
            let (site, start) = (self.any_site(), self.random.random_range(0..until));
            let end = start + self.random.random_range(300..1_900);
            cuts.entry(site).or_default().push((start, end));
        }
    }
}

/// What arrives of a site that is not cut: a good line with its noise, and now and then a bad second. `for_ms`: since it came.
fn noisy(random: &mut StdRng, for_ms: u64) -> Arriving {
    let bad_second = random.random_bool(0.002);
    let loss = if bad_second { random.random_range(0.0..0.2) } else { random.random_range(0.0..0.01) };
    let fps = if for_ms < BEGINS_MS { random.random_range(0.0..4.0) } else { random.random_range(8.0..30.0) };
    Arriving {
        control: true,
        picture: true,
        sound: true,
        loss: Share::read(loss),
        rtt: DelayMs::read(random.random_range(5.0..90.0)),
        fps: Fps::read(fps),
        receiving: None,
    }
}

/// The line of a site as it is played.
struct Line {
    /// When it came, or came back, ms.
    since: u64,
    /// When something last arrived of it.
    heard: u64,
}

/// Plays the cuts and gives what was told.
fn play(country: &mut Country, cuts: &Cuts, until: u64) -> Vec<(u64, HealthEvent)> {
    let mut health = Health::new(Settings::default());
    health.set_places(Millis(0), country.places.clone());
    let sites: Vec<SiteSlug> = country.places.keys().cloned().collect();
    let random = &mut country.random;
    let mut lines: Vec<Line> =
        sites.iter().map(|_| Line { since: random.random_range(0..JOINING_MS), heard: 0 }).collect();
    let mut told = Vec::new();
    for now in (0..until).step_by(LOOK_MS as usize) {
        for (site, line) in sites.iter().zip(&mut lines).filter(|(_, line)| line.since <= now) {
            let cut = cuts.get(site).and_then(|cuts| cuts.iter().find(|(start, end)| (*start..*end).contains(&now)));
            let heard = cut.map_or(now, |(start, _)| *start).max(line.heard);
            if heard.saturating_sub(line.heard) >= SILENT_AFTER_MS && line.heard > 0 {
                line.since = heard;
            }
            line.heard = heard;
            let silent = now - line.heard;
            let flows = silent < SILENT_AFTER_MS;
            let noisy = noisy(random, now - line.since);
            let arriving = Arriving { control: flows, picture: flows, sound: flows, ..noisy };
            health.arriving(Millis(now), site, &arriving, silent);
        }
        while let Some(next) = health.poll_timeout().filter(|next| next.0 <= now) {
            health.handle_timeout(next.max(Millis(now)));
        }
        told.extend(std::iter::from_fn(|| health.poll_event()).map(|event| (now, event)));
    }
    told
}

/// Incidents that were told and not taken back, as they were told last, and when each was opened.
fn incidents(told: &[(u64, HealthEvent)]) -> Vec<(u64, Incident)> {
    let mut known: BTreeMap<_, (u64, Incident)> = BTreeMap::new();
    for (at, event) in told {
        let HealthEvent::Incident(event) = event else { continue };
        match event {
            IncidentEvent::Opened(incident) => {
                known.insert(incident.id, (*at, incident.clone()));
            }
            IncidentEvent::Changed(incident) | IncidentEvent::Closed(incident, End::Over) => {
                known.entry(incident.id).and_modify(|(_, known)| *known = incident.clone());
            }
            IncidentEvent::Closed(incident, End::MergedInto(_)) => {
                known.remove(&incident.id);
            }
        }
    }
    known.into_values().collect()
}

/// The incident is that fault: same cause, same sites, same time.
fn is_of(incident: &Incident, fault: &Fault) -> bool {
    let sites: BTreeSet<SiteSlug> = incident.sites.keys().cloned().collect();
    incident.cause == fault.cause && sites == fault.sites && incident.began.apart(Millis(fault.began)) <= LOOK_MS
}

/// What was told, beside what was done.
#[derive(Debug, Default)]
pub struct Score {
    right: usize,
    told: usize,
    done: usize,
    /// Seeds in which something was told that was not done, or not told that was.
    wrong: Vec<u64>,
}

impl Score {
    fn add(&mut self, seed: u64, faults: &[Fault], incidents: &[(u64, Incident)]) {
        let right = |fault: &&Fault| incidents.iter().any(|(_, incident)| is_of(incident, fault));
        let count = faults.iter().filter(right).count();
        if count < faults.len() || incidents.len() > faults.len() {
            self.wrong.push(seed);
        }
        self.right += count;
        self.told += incidents.len();
        self.done += faults.len();
    }

    /// Share of what was told that was done.
    pub fn precision(&self) -> f64 {
        self.right as f64 / self.told.max(1) as f64
    }

    /// Share of what was done that was told.
    pub fn recall(&self) -> f64 {
        self.right as f64 / self.done.max(1) as f64
    }
}

/// One site, then a region of 14, then a relay, then a blink of two seconds, at random times with pauses between them.
fn script(country: &mut Country, cuts: &mut Cuts) -> (Vec<Fault>, u64) {
    let mut at = country.random.random_range(10_000..40_000);
    let mut faults = Vec::new();
    let single = country.any_site();
    faults.push(country.cut(cuts, Cause::Site(single.clone()), vec![single], at));
    at += country.random.random_range(100_000..160_000);

    let region = REGIONS[country.random.random_range(0..2)].0;
    let sites = country.sites(|place| place.region == region);
    faults.push(country.cut(cuts, Cause::Region(region.to_owned()), sites, at));
    at += country.random.random_range(100_000..160_000);

    let relay = format!("relay-{}", country.random.random_range(0..RELAYS));
    let sites = country.sites(|place| place.relay == relay);
    faults.push(country.cut(cuts, Cause::Relay(relay), sites, at));
    at += country.random.random_range(100_000..160_000);

    let blinks = country.any_site();
    cuts.entry(blinks).or_default().push((at, at + 2_000));
    (faults, at + 30_000)
}

/// The script, under many seeds.
pub fn scripted_outages(seeds: u64) -> Score {
    let mut score = Score::default();
    for seed in 0..seeds {
        let mut country = Country::new(seed);
        let mut cuts = Cuts::new();
        let (faults, until) = script(&mut country, &mut cuts);
        country.blinks(&mut cuts, until);
        let told = play(&mut country, &cuts, until);
        score.add(seed, &faults, &incidents(&told));
    }
    score
}

/// A region goes, and while it is down one site elsewhere does, and a whole carrier after them.
pub fn overlapping_outages(seeds: u64) -> Score {
    let mut score = Score::default();
    for seed in 0..seeds {
        let mut country = Country::new(1_000 + seed);
        let mut cuts = Cuts::new();
        let at = country.random.random_range(10_000..40_000);
        let region = REGIONS[0].0;
        let carrier = "Viettel";
        let inside = country.sites(|place| place.region == region);
        let outside = country.sites(|place| place.region != region && place.carrier != carrier);
        let single = outside.choose(&mut country.random).cloned().expect("another carrier");
        let carried = country.sites(|place| place.carrier == carrier && place.region != region);
        let faults = [
            country.cut(&mut cuts, Cause::Region(region.to_owned()), inside, at),
            country.cut(&mut cuts, Cause::Site(single.clone()), vec![single], at + 5_000),
            country.cut(&mut cuts, Cause::Carrier(carrier.to_owned()), carried, at + 20_000),
        ];
        let until = at + 120_000;
        let told = play(&mut country, &cuts, until);
        score.add(seed, &faults, &incidents(&told));
    }
    score
}

/// How long after one site stopped its incident was told, ms. Panics if another was.
pub fn single_drop_told_after(seed: u64) -> u64 {
    let mut country = Country::new(seed);
    let (site, at) = (country.any_site(), country.random.random_range(10_000..20_000));
    let cuts = Cuts::from([(site.clone(), vec![(at, at + 60_000)])]);

    let told = play(&mut country, &cuts, at + 10_000);

    let [(opened, incident)] = &incidents(&told)[..] else { panic!("seed {seed}: {told:?}") };
    assert_eq!(incident.cause, Cause::Site(site));
    opened - at
}

/// How long after the sites of a region stopped, all within a third of a second, their one incident was told, ms. Panics if more
/// was told.
pub fn region_drop_told_after(seed: u64) -> u64 {
    let mut country = Country { stagger_ms: 300, ..Country::new(seed) };
    let at = country.random.random_range(10_000..20_000);
    let (region, mut cuts) = (REGIONS[0].0, Cuts::new());
    let sites = country.sites(|place| place.region == region);
    let fault = country.cut(&mut cuts, Cause::Region(region.to_owned()), sites, at);

    let told = play(&mut country, &cuts, at + 10_000);

    let opened = told.iter().filter(|(_, event)| matches!(event, HealthEvent::Incident(IncidentEvent::Opened(_))));
    assert_eq!(opened.count(), 1, "seed {seed}");
    let [(opened, incident)] = &incidents(&told)[..] else { panic!("seed {seed}: {told:?}") };
    assert!(is_of(incident, &fault), "seed {seed}: {incident:?}");
    opened - fault.began
}

/// Alarms and incidents of fifteen minutes in which nothing is wrong that lasts: joining, noise and blinks.
pub fn told_of_a_clean_run(seed: u64) -> Vec<(u64, HealthEvent)> {
    let mut country = Country::new(seed);
    let mut cuts = Cuts::new();
    country.blinks(&mut cuts, CLEAN_MS);
    let alarming =
        |event: &HealthEvent| matches!(event, HealthEvent::Alarm(AlarmEvent::Raised(_)) | HealthEvent::Incident(_));
    play(&mut country, &cuts, CLEAN_MS).into_iter().filter(|(_, event)| alarming(event)).collect()
}
