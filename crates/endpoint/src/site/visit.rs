//! A visit: the site joins to have its line checked, and goes.
//!
//! A site that stays tries for ever. Somebody who has a line checked waits at a terminal: what keeps them from it has to be said at once. And
//! a visit never waits for a seat, because the site itself would lose its own to it at its next blink.

use std::time::Duration;

use anyhow::anyhow;
use tokio::sync::oneshot;
use tokio::time::timeout;
use wire::ErrorCode;

use super::{CONNECT_PATIENCE, Site, SiteConfig, control_lost};
use crate::backoff::{Backoff, until_connected};
use crate::control::Control;
use crate::report::Report;

/// The first connection may take so long, and is not tried again: a bad line, which is to be checked after all, loses the first packets of
/// TCP, and they are repeated after one, three and seven seconds.
const FIRST_CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// Closing the media is one packet to the relay. If it hangs, the relay finds the silence.
const MEDIA_CLOSED_WITHIN: Duration = Duration::from_secs(1);
/// What is said when there was no connection from the beginning.
const NO_SERVER: &str = "no server answers at the address of this link";

/// Joins, and joins again when the line blinks, until it is asked to leave. Says goodbye then, as a page does that is closed: who went on
/// purpose raises no alarm.
///
/// # Errors
/// The server was not there from the beginning, or sent the site away.
pub(crate) async fn visit(config: SiteConfig, report: Report, leave: oneshot::Receiver<()>) -> anyhow::Result<()> {
    let mut site = Site::new(config, report);
    let mut control = None;
    let ended = tokio::select! {
        reason = site.stay(&mut control) => Err(reason),
        // Also when nobody is left who could ask.
        _ = leave => Ok(()),
    };
    if let Some(control) = control {
        control.goodbye().await;
    }
    // After the goodbye: media that ends before it would be a loss.
    site.close_media().await;
    ended
}

impl Site {
    /// Keeps `control` open as long as the server lets it. Gives why it cannot.
    async fn stay(&mut self, control: &mut Option<Control>) -> anyhow::Error {
        let server = self.config.server.clone();
        let mut connected = match timeout(FIRST_CONNECT_PATIENCE, Control::connect(&server)).await {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => return error.context(NO_SERVER),
            Err(_elapsed) => return anyhow!(NO_SERVER),
        };
        let mut backoff = Backoff::default();
        loop {
            let ended = self.talk(control.insert(connected), &mut backoff).await;
            // It is closed already; there is nobody to say goodbye to.
            *control = None;
            if let Some((code, detail)) = &ended.fatal {
                return anyhow!(refusal(*code, detail));
            }
            if self.welcomes == 0 {
                return ended.error.context(NO_SERVER);
            }
            control_lost(&self.report, format!("{:#}", ended.error));
            let pause = backoff.next_wait(&mut rand::rng());
            tokio::time::sleep(pause).await;
            let failed = |_: Option<anyhow::Error>| {};
            connected = until_connected(&mut backoff, CONNECT_PATIENCE, || Control::connect(&server), failed).await;
        }
    }

    async fn close_media(&mut self) {
        let Some(mut media) = self.media.take() else { return };
        media.tasks.abort_all();
        if timeout(MEDIA_CLOSED_WITHIN, media.peer.close()).await.is_err() {
            tracing::debug!("the media did not close in time");
        }
    }
}

/// What is said to whoever wanted the line checked.
fn refusal(code: ErrorCode, detail: &str) -> String {
    match code {
        ErrorCode::InUse => "the site is connected already: check its line from its page or from the centre".to_owned(),
        ErrorCode::Unauthorized | ErrorCode::Revoked => format!("the link is not valid (any more): {detail}"),
        ErrorCode::WrongProtocol => "this program and the server are of different versions".to_owned(),
        ErrorCode::ServerFull => format!("the server is full: {detail}"),
        ErrorCode::Stopping => "the server stops; check the line when it is back".to_owned(),
        ErrorCode::BadMessage
        | ErrorCode::TooLarge
        | ErrorCode::Replaced
        | ErrorCode::TooMany
        | ErrorCode::TooSlow
        | ErrorCode::SitesChanged
        | ErrorCode::LeaseHeld => format!("the server ended the check: {detail}"),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio::net::TcpListener;
    use tokio_tungstenite::tungstenite::Message;
    use wire::ServerMessage;

    use super::*;
    use crate::control::ServerAddress;
    use crate::report::Reports;
    use crate::test_card::Detail;
    use crate::workshop::Workshop;

    /// Nothing here has to wait for anything.
    const AT_ONCE: Duration = Duration::from_secs(5);

    /// Visits a server at this address, and is not asked to leave. Gives what is said.
    async fn said(authority: &str) -> String {
        let (steps, _step) = tokio::sync::mpsc::channel(1);
        let config = SiteConfig {
            server: ServerAddress::parse(&format!("http://{authority}")).unwrap(),
            token: "token".to_owned(),
            index: 0,
            name: "check".to_owned(),
            detail: Detail::Calm,
            clapper: false,
            speech: None,
            fault: None,
            decode: false,
            tones: 1,
            workshop: Workshop::new().unwrap(),
            check: Some(steps),
        };
        let report = Reports::to_nowhere().of_site(config.index, &config.name, config.decode);
        let (_nobody_asks, leave) = oneshot::channel();
        let ended = timeout(AT_ONCE, visit(config, report, leave)).await.expect("it does not try again");
        format!("{:#}", ended.unwrap_err())
    }

    #[tokio::test]
    async fn who_is_sent_away_is_told_why_and_does_not_come_again() {
        for (code, sentence) in [
            (ErrorCode::InUse, "the site is connected already: check its line from its page or from the centre"),
            (ErrorCode::Unauthorized, "the link is not valid (any more): because"),
            (ErrorCode::Revoked, "the link is not valid (any more): because"),
            (ErrorCode::ServerFull, "the server is full: because"),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = tokio::spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                let _hello = socket.next().await;
                let error = ServerMessage::Error { code, detail: "because".to_owned(), fatal: true };
                socket.send(Message::text(serde_json::to_string(&error).unwrap())).await.unwrap();
                while let Some(Ok(_)) = socket.next().await {}
                timeout(Duration::from_secs(1), listener.accept()).await.is_ok()
            });
            assert_eq!(said(&address.to_string()).await, sentence);
            assert!(!server.await.unwrap(), "it came again");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let said = said(&address.to_string()).await;
        assert!(said.starts_with(NO_SERVER), "{said}");
    }
}
