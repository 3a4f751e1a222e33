//! Numbers with a point, as they are read. JSON has no infinity, but a number beyond 32 bits becomes one, and would be written
//! to everybody else as `null`, where pages expect a number.

use serde::{Deserialize, Deserializer, de::Error};

/// For `#[serde(deserialize_with)]`.
pub(crate) fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    let number = f32::deserialize(deserializer)?;
    if number.is_finite() { Ok(number) } else { Err(D::Error::custom("a number is too large")) }
}

/// The same where there may be no number.
pub(crate) fn finite_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f32>, D::Error> {
    match Option::<f32>::deserialize(deserializer)? {
        Some(number) if !number.is_finite() => Err(D::Error::custom("a number is too large")),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use crate::{CandidatePath, ClientMessage, EncoderLimit, EndpointStats, SentStats};

    fn stats(sent: &str) -> serde_json::Result<EndpointStats> {
        let text = format!(
            r#"{{"type":"stats","frames":50,"freezes":0,"concealed":0,"loss":0,"rtt_ms":12.5,"kbps":900{sent}}}"#
        );
        match serde_json::from_str(&text)? {
            ClientMessage::Stats(stats) => Ok(stats),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_older_page_does_not_say_what_it_sends() {
        assert_eq!(stats("").unwrap().sent, None);
        assert_eq!(stats(r#","sent":null"#).unwrap().sent, None);
    }

    #[test]
    fn what_an_endpoint_cannot_measure_is_left_out_or_null() {
        let sent = stats(r#","sent":{"luma":90.5,"change":null,"path":"udp"}"#).unwrap().sent;
        assert_eq!(
            sent,
            Some(SentStats {
                luma: Some(90.5),
                path: CandidatePath::Udp,
                encoder_limit: EncoderLimit::None,
                ..SentStats::default()
            })
        );
    }

    #[test]
    fn a_number_that_would_become_infinite_is_refused() {
        for member in ["luma", "spread", "change", "rms_dbfs", "peak_dbfs", "clipped", "battery"] {
            assert!(stats(&format!(r#","sent":{{"{member}":1e39}}"#)).is_err(), "{member}");
        }
    }
}
