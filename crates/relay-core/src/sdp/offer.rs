//! An offer's text as the facts that matter here. Everything else in it is ignored, as RFC 8866 §5 asks.

use std::{collections::BTreeMap, io::Cursor};

use rtc_sdp::{SessionDescription, description::common::Attribute, description::media::MediaDescription};

use super::{DtlsRole, MAX_LINES, OfferError};

/// ICE user fragment and password lengths (RFC 8839 §5.4).
const UFRAG_LENGTH: std::ops::RangeInclusive<usize> = 4..=256;
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 22..=256;

/// Fingerprints kept of an offer: more than one or two is no honest endpoint.
const MAX_FINGERPRINTS: usize = 4;

/// SSRCs kept of one line: three layers with RTX, twice.
const MAX_LINE_SSRCS: usize = 12;

/// What is kept of the text that a parser could not read: enough to find it, too little to flood a log.
const MAX_QUOTED_CHARS: usize = 160;

/// A parsed offer.
#[derive(Debug)]
pub(super) struct Offer {
    pub lines: Vec<OfferedLine>,
    pub ufrag: String,
    pub fingerprints: Vec<[u8; 32]>,
    pub role: DtlsRole,
}

/// One m-line of it.
#[derive(Debug)]
pub(super) struct OfferedLine {
    pub mid: Option<String>,
    pub media: String,
    pub transport: String,
    pub formats: Vec<String>,
    pub sends: bool,
    pub receives: bool,
    pub bundled: bool,
    pub rtcp_mux: bool,
    pub rtcp_rsize: bool,
    /// (id, URI)
    pub extensions: Vec<(u16, String)>,
    /// In the order of preference of the m-line.
    pub codecs: Vec<OfferedCodec>,
    /// RIDs of `a=simulcast:send`, in its order, pauses and alternatives removed.
    pub rids: Vec<String>,
    /// SSRCs named; true: the second of a FID group.
    pub ssrcs: Vec<(u32, bool)>,
}

/// One payload type.
#[derive(Debug)]
pub(super) struct OfferedCodec {
    pub payload_type: u8,
    /// Encoding name in lower case.
    pub name: String,
    pub clock_rate: u32,
    pub parameters: String,
    pub feedback: Vec<String>,
}

impl OfferedCodec {
    /// Value of a format parameter (`a=fmtp`), if it is there.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.split(';').find_map(|part| {
            let (key, value) = part.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Reads an offer.
pub(super) fn parse(sdp: &str) -> Result<Offer, OfferError> {
    let description = SessionDescription::unmarshal(&mut Cursor::new(sdp.as_bytes()))
        .map_err(|error| OfferError::Syntax(excerpt(&error.to_string())))?;
    let media = &description.media_descriptions;
    if media.len() > MAX_LINES {
        return Err(OfferError::TooManyLines { lines: media.len() });
    }
    let session = &description.attributes;
    if values(session, "ice-lite").next().is_some() {
        return Err(OfferError::IceLite);
    }
    // BUNDLE: transport attributes of the first line hold for all (RFC 9143 §7.2).
    let first = media.first().map(|line| line.attributes.as_slice()).unwrap_or_default();
    let transport = |key: &'static str| values(first, key).next().or_else(|| values(session, key).next());

    let ufrag = transport("ice-ufrag").filter(|ufrag| is_ufrag(ufrag)).ok_or(OfferError::Missing("ice-ufrag"))?;
    transport("ice-pwd")
        .filter(|password| PASSWORD_LENGTH.contains(&password.len()))
        .ok_or(OfferError::Missing("ice-pwd"))?;
    let role = match transport("setup") {
        Some("actpass" | "active") => DtlsRole::Passive,
        Some("passive") => DtlsRole::Active,
        _ => return Err(OfferError::Missing("setup")),
    };
    let fingerprints: Vec<_> = values(first, "fingerprint")
        .chain(values(session, "fingerprint"))
        .filter_map(parse_fingerprint)
        .take(MAX_FINGERPRINTS)
        .collect();
    if fingerprints.is_empty() {
        return Err(OfferError::Missing("fingerprint:sha-256"));
    }
    let bundle: Vec<&str> = values(session, "group")
        .filter_map(|group| group.strip_prefix("BUNDLE "))
        .flat_map(str::split_ascii_whitespace)
        .collect();
    let lines = media.iter().map(|line| parse_line(line, session, &bundle)).collect();
    Ok(Offer { lines, ufrag: ufrag.to_owned(), fingerprints, role })
}

fn parse_line(media: &MediaDescription, session: &[Attribute], bundle: &[&str]) -> OfferedLine {
    let attributes = &media.attributes;
    let has = |key: &str| values(attributes, key).next().is_some();
    let mid = values(attributes, "mid").next().filter(|mid| !mid.is_empty() && mid.bytes().all(is_token_char));
    // The line's direction goes before the session's; without either it is sendrecv (RFC 8866 §6.7).
    let direction = [attributes.as_slice(), session]
        .iter()
        .flat_map(|attributes| attributes.iter())
        .find_map(|attribute| match attribute.key.as_str() {
            "sendrecv" => Some((true, true)),
            "sendonly" => Some((true, false)),
            "recvonly" => Some((false, true)),
            "inactive" => Some((false, false)),
            _ => None,
        })
        .unwrap_or((true, true));
    let enabled = media.media_name.port.value != 0 || has("bundle-only");
    OfferedLine {
        bundled: mid.is_some_and(|mid| bundle.contains(&mid)),
        mid: mid.map(str::to_owned),
        media: media.media_name.media.clone(),
        transport: media.media_name.protos.join("/"),
        formats: media.media_name.formats.clone(),
        sends: enabled && direction.0,
        receives: enabled && direction.1,
        rtcp_mux: has("rtcp-mux"),
        rtcp_rsize: has("rtcp-rsize"),
        extensions: values(attributes, "extmap").filter_map(parse_extension).collect(),
        codecs: parse_codecs(&media.media_name.formats, attributes),
        rids: parse_simulcast(attributes),
        ssrcs: parse_ssrcs(attributes),
    }
}

/// Values of all attributes with this key; a flag has the empty value.
fn values<'a>(attributes: &'a [Attribute], key: &str) -> impl Iterator<Item = &'a str> {
    attributes
        .iter()
        .filter(move |attribute| attribute.key == key)
        .map(|attribute| attribute.value.as_deref().unwrap_or_default())
}

/// 4 to 256 ICE characters (RFC 8839 §5.4).
pub(super) fn is_ufrag(text: &str) -> bool {
    UFRAG_LENGTH.contains(&text.len()) && text.bytes().all(is_ice_char)
}

fn is_ice_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// RFC 8866 §9 `token-char`, without those that no MID or RID needs.
fn is_token_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'~' | b'#' | b'$' | b'!')
}

/// `sha-256 AA:BB:…` (RFC 8122 §5).
fn parse_fingerprint(value: &str) -> Option<[u8; 32]> {
    let (hash, digits) = value.split_once(' ')?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut bytes = [0; 32];
    let mut parts = digits.trim().split(':');
    for byte in &mut bytes {
        *byte = u8::from_str_radix(parts.next().filter(|part| part.len() == 2)?, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

/// `4 urn:…` or `4/sendonly urn:…` (RFC 8285 §5).
fn parse_extension(value: &str) -> Option<(u16, String)> {
    let mut parts = value.split_ascii_whitespace();
    let id = parts.next()?.split('/').next()?.parse().ok()?;
    Some((id, parts.next()?.to_owned()))
}

fn parse_codecs(formats: &[String], attributes: &[Attribute]) -> Vec<OfferedCodec> {
    let mut codecs: BTreeMap<u8, OfferedCodec> = BTreeMap::new();
    for value in values(attributes, "rtpmap") {
        let Some((payload_type, encoding)) = split_payload_type(value) else { continue };
        let mut parts = encoding.split('/');
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let Some(clock_rate) = parts.next().and_then(|rate| rate.trim().parse().ok()) else { continue };
        codecs.insert(
            payload_type,
            OfferedCodec { payload_type, name, clock_rate, parameters: String::new(), feedback: Vec::new() },
        );
    }
    for value in values(attributes, "fmtp") {
        if let Some((payload_type, parameters)) = split_payload_type(value)
            && let Some(codec) = codecs.get_mut(&payload_type)
        {
            codec.parameters = parameters.to_owned();
        }
    }
    for value in values(attributes, "rtcp-fb") {
        if let Some(feedback) = value.strip_prefix("* ") {
            codecs.values_mut().for_each(|codec| codec.feedback.push(feedback.to_owned()));
        } else if let Some((payload_type, feedback)) = split_payload_type(value)
            && let Some(codec) = codecs.get_mut(&payload_type)
        {
            codec.feedback.push(feedback.to_owned());
        }
    }
    formats.iter().filter_map(|format| codecs.remove(&format.parse().ok()?)).collect()
}

fn split_payload_type(value: &str) -> Option<(u8, &str)> {
    let (payload_type, rest) = value.split_once(' ')?;
    let payload_type = payload_type.parse().ok().filter(|payload_type| *payload_type < 128)?;
    Some((payload_type, rest.trim()))
}

/// `send l;~m;h,x recv …` (RFC 8853 §5.1), only RIDs that an `a=rid:… send` names.
fn parse_simulcast(attributes: &[Attribute]) -> Vec<String> {
    let declared: Vec<&str> = values(attributes, "rid")
        .filter_map(|value| {
            let mut parts = value.split_ascii_whitespace();
            let id = parts.next()?;
            (parts.next() == Some("send") && id.bytes().all(is_token_char)).then_some(id)
        })
        .collect();
    let Some(simulcast) = values(attributes, "simulcast").next() else { return Vec::new() };
    let mut words = simulcast.split_ascii_whitespace();
    while let Some(direction) = words.next() {
        let list = words.next().unwrap_or_default();
        if direction == "send" {
            return list
                .split(';')
                .filter_map(|alternatives| alternatives.split(',').next())
                .map(|rid| rid.trim_start_matches('~'))
                .filter(|rid| declared.contains(rid))
                .map(str::to_owned)
                .collect();
        }
    }
    Vec::new()
}

fn parse_ssrcs(attributes: &[Attribute]) -> Vec<(u32, bool)> {
    let rtx: Vec<u32> = values(attributes, "ssrc-group")
        .filter_map(|group| group.strip_prefix("FID ")?.split_ascii_whitespace().nth(1)?.parse().ok())
        .collect();
    let mut ssrcs: Vec<(u32, bool)> = Vec::new();
    for value in values(attributes, "ssrc") {
        let Some(ssrc) = value.split_ascii_whitespace().next().and_then(|ssrc| ssrc.parse().ok()) else { continue };
        if ssrcs.len() < MAX_LINE_SSRCS && !ssrcs.iter().any(|known| known.0 == ssrc) {
            ssrcs.push((ssrc, rtx.contains(&ssrc)));
        }
    }
    ssrcs
}

/// The parser quotes what it did not understand, which a hostile offer makes as long as itself.
fn excerpt(text: &str) -> String {
    text.chars().take(MAX_QUOTED_CHARS).collect()
}
