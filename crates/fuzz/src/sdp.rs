//! Offers: any text, and real offers with some lines changed. What is accepted is answered line by line in words of our own, and
//! no offer takes long.

use std::{
    collections::BTreeSet,
    io::Cursor,
    time::{Duration, Instant},
};

use relay_core::{
    Answer, Codec, EndpointId, Flow, Kind, LineDirection, LinePlan, MAX_LINES, MAX_SDP_BYTES, OfferError, OfferOutline,
    outline,
};
use rtc_sdp::SessionDescription;

use crate::{
    offer::plan,
    peer::relay,
    script::{Fields, Step, steps},
};

/// What Chromium makes of our pages.
const SITE: &str = include_str!("../../relay-core/tests/session/offers/chromium-site.sdp");
const SCREEN: &str = include_str!("../../relay-core/tests/session/offers/chromium-screen.sdp");

/// Bits of the first byte.
pub(crate) mod flag {
    /// VP8 instead of H.264.
    pub(crate) const VP8: u8 = 1;
    /// The plan is a site's, whatever is offered; else it is what is offered.
    pub(crate) const FIXED_PLAN: u8 = 2;
    /// What follows are changes of a real offer; else it is the offer.
    pub(crate) const CHANGES: u8 = 4;
    /// The real offer is the screen's; else the site's.
    pub(crate) const SCREEN: u8 = 8;
}

/// Changes of a real offer, by kind of step; the body begins with the line's number.
pub(crate) mod change {
    /// The line is taken out.
    pub(crate) const REMOVE: u8 = 0;
    /// The body stands in its place.
    pub(crate) const REPLACE: u8 = 1;
    /// The body stands before it.
    pub(crate) const INSERT: u8 = 2;
    /// It stands there many times.
    pub(crate) const REPEAT: u8 = 3;
    /// The body follows what stands before the first colon.
    pub(crate) const VALUE: u8 = 4;
    /// Everything from this line on follows again.
    pub(crate) const DOUBLE: u8 = 5;
    pub(crate) const COUNT: u8 = 6;
}

/// Longest time of processor that an offer may take. The relay's thread does nothing else meanwhile.
const MAX_TIME: Duration = Duration::from_millis(50);
/// What a whole offer of the greatest length may become: lines of ours beside what is quoted of it.
const MAX_ANSWER_BYTES: usize = 2 * MAX_SDP_BYTES;
/// Attributes of our answers.
const ATTRIBUTES: [&str; 24] = [
    "group",
    "ice-lite",
    "msid-semantic",
    "mid",
    "inactive",
    "ice-ufrag",
    "ice-pwd",
    "fingerprint",
    "setup",
    "recvonly",
    "sendonly",
    "rtcp-mux",
    "rtcp-rsize",
    "extmap",
    "rtpmap",
    "fmtp",
    "rtcp-fb",
    "rid",
    "simulcast",
    "msid",
    "ssrc-group",
    "ssrc",
    "candidate",
    "end-of-candidates",
];

/// The target: the first byte says what the rest is.
pub fn run(input: &[u8]) {
    let Some((&flags, rest)) = input.split_first() else { return };
    let text = if flags & flag::CHANGES == 0 {
        String::from_utf8_lossy(rest).into_owned()
    } else {
        changed(if flags & flag::SCREEN == 0 { SITE } else { SCREEN }, rest)
    };
    let now = Instant::now();
    let codec = if flags & flag::VP8 == 0 { Codec::H264 } else { Codec::Vp8 };
    let mut relay = relay(now, codec);
    let began = processor_time();
    let outlined = outline(&text);
    let plan = match &outlined {
        Ok(outline) if flags & flag::FIXED_PLAN == 0 => fitting(outline),
        Ok(_) | Err(_) => plan(),
    };
    let accepted = relay.accept_offer(now, EndpointId(1), &plan, &text);
    let taken = processor_time().saturating_sub(began);
    // A machine that does other things may make a test slow; the long run has its processor.
    assert!(!cfg!(feature = "libfuzzer") || taken <= MAX_TIME, "{} bytes took {taken:?}", text.len());
    match (&outlined, &accepted) {
        (Ok(outline), Ok(answer)) => holds_answer(&text, outline, &plan, answer),
        (Err(reason), Ok(_)) => panic!("accepted although {reason}"),
        (Err(reason), Err(refused)) => assert_eq!(reason, refused),
        (Ok(_), Err(refused)) => assert!(!matches!(refused, OfferError::Syntax(_)), "{refused}"),
    }
    if accepted.is_ok() {
        let _whatever_is_right = relay.restart_ice(EndpointId(1), "restarted");
    }
}

/// A plan of what is offered, as far as anything of it can be taken.
fn fitting(outline: &OfferOutline) -> Vec<LinePlan> {
    let plan = |line: &relay_core::OutlineLine| {
        let direction = if line.sends { LineDirection::FromEndpoint } else { LineDirection::ToEndpoint };
        Some(LinePlan { kind: line.kind?, direction, simulcast: true, msid: None })
    };
    outline.lines.iter().map_while(plan).collect()
}

fn holds_answer(offer: &str, outline: &OfferOutline, plan: &[LinePlan], answer: &Answer) {
    let text = &answer.sdp;
    assert!(text.len() <= MAX_ANSWER_BYTES, "{} bytes answer {}", text.len(), offer.len());
    let parsed = SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes())).expect("an answer is SDP");
    let lines = &answer.negotiated.lines;
    assert!(outline.lines.len() <= MAX_LINES);
    assert_eq!(parsed.media_descriptions.len(), outline.lines.len(), "an m-line for each m-line");
    assert_eq!(lines.len(), outline.lines.len());
    let mut ssrcs = BTreeSet::new();
    for (index, (line, media)) in lines.iter().zip(&parsed.media_descriptions).enumerate() {
        assert_eq!(usize::from(line.line.0), index);
        assert_eq!(media.attribute("mid").flatten(), Some(line.mid.as_str()), "m-lines keep their order");
        assert_eq!(line.flow == Flow::Inactive, index >= plan.len(), "what is planned flows");
        assert!(
            index >= plan.len()
                || (line.kind == plan[index].kind && plan[index].kind == kind_of(&media.media_name.media))
        );
        if let Flow::Outgoing { ssrc, rtx_ssrc, .. } = line.flow {
            for ssrc in std::iter::once(ssrc).chain(rtx_ssrc) {
                assert!(ssrc != 0 && ssrcs.insert(ssrc), "{ssrc} is used twice");
            }
        }
    }
    for line in text.split_terminator("\r\n") {
        let Some((key, value)) = line.split_once('=') else { panic!("{line:?} is no line of SDP") };
        assert!(!value.contains(['\r', '\n', '\0']), "{line:?} holds another line");
        let attribute = value.split(':').next().unwrap_or_default();
        assert!(key != "a" || ATTRIBUTES.contains(&attribute), "{line:?} is none of our words");
    }
}

fn kind_of(media: &str) -> Kind {
    if media == "audio" { Kind::Audio } else { Kind::Video }
}

/// A real offer with the changes of a script.
fn changed(offer: &str, script: &[u8]) -> String {
    let mut lines: Vec<String> = offer.lines().map(str::to_owned).collect();
    for step in steps(script) {
        change(&mut lines, step);
        // A repetition of repetitions must not become larger than any offer can be; a little more must be refused.
        let mut length = 0;
        lines.retain(|line| {
            length += line.len() + 2;
            length <= MAX_SDP_BYTES + 2_000
        });
    }
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

fn change(lines: &mut Vec<String>, step: Step<'_>) {
    let mut fields = Fields(step.body);
    let at = usize::from(fields.short()).min(lines.len());
    let text = |fields: &Fields<'_>| String::from_utf8_lossy(fields.rest()).into_owned();
    match (step.kind % change::COUNT, lines.get(at).cloned()) {
        (change::REMOVE, Some(_)) => drop(lines.remove(at)),
        (change::REPLACE, Some(_)) => lines[at] = text(&fields),
        (change::INSERT, _) => lines.insert(at, text(&fields)),
        (change::REPEAT, Some(line)) => {
            let times = usize::from(fields.short());
            lines.splice(at..at, std::iter::repeat_n(line, times));
        }
        (change::VALUE, Some(line)) => {
            let key = line.split(':').next().unwrap_or_default();
            lines[at] = format!("{key}:{}", text(&fields));
        }
        (change::DOUBLE, Some(_)) => lines.extend_from_within(at..),
        (_, _) => {}
    }
}

/// Time that this thread had a processor: others of the machine do not count.
fn processor_time() -> Duration {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has it").into()
}
