//! Commands and other words of pages: who may say them, and what is answered.

use std::net::IpAddr;

use conference::{Actor, Live, Refusal, Request};
use tokio::sync::oneshot;
use tracing::Span;
use wire::{ClientMessage, Command, CommandId, EndpointStatus, ErrorCode, Revision, ServerMessage, SiteSlug};

use super::ledger::Answer;
use super::letters::{Refused, Sender};
use super::spans;
use super::task::Task;
use crate::access::MAX_NAME_CHARS;
use crate::convert;
use crate::live::{SocketId, Who};

/// Who waits for the answer to a command.
#[derive(Debug)]
pub(super) struct Asker {
    to: AnswerTo,
    /// From where it comes, for the audit.
    address: Option<IpAddr>,
    /// Open until it is answered.
    span: Span,
}

/// Where an answer goes.
#[derive(Debug)]
enum AnswerTo {
    /// To a page, by its WebSocket.
    Page(SocketId),
    /// To a request over HTTP.
    Caller(oneshot::Sender<Result<Revision, wire::Refusal>>),
}

/// A command as it came.
struct Given {
    id: CommandId,
    seen: Option<Revision>,
    command: Command,
    age_ms: u32,
    speaker: Option<SiteSlug>,
}

/// Longest name of a browser that is kept, characters.
const MAX_BROWSER_CHARS: usize = 100;

impl Task {
    pub(super) fn page_says(&mut self, socket: SocketId, message: ClientMessage) {
        let now = self.now().instant;
        let Some(peer) = self.peers.of_socket(socket) else { return };
        match message {
            ClientMessage::Command { id, seen, command, age_ms, speaker } => {
                let who = peer.who.clone();
                let address = peer.address();
                let given = Given { id, seen, command, age_ms, speaker };
                self.command(&who, given, AnswerTo::Page(socket), address);
            }
            ClientMessage::Offer { generation, sdp } => self.offer(socket, generation, sdp),
            ClientMessage::Shown { take, elapsed_ms } => self.shown(socket, take, elapsed_ms),
            ClientMessage::Status(status) => peer.status = Some(shortened(status)),
            ClientMessage::Stats(stats) => {
                peer.stats = Some((now, stats));
                self.of_health(|task| task.page_measured(socket));
            }
            ClientMessage::Solo { site } => self.solo(socket, site),
            ClientMessage::Talkback { sites } => self.talkback(socket, sites),
            ClientMessage::Call { site, calling } => self.call(socket, site, calling),
            ClientMessage::CheckLine => self.check_own_line(socket),
            ClientMessage::Transferred { up_kbps, down_kbps } => self.line_measured(socket, up_kbps, down_kbps),
            ClientMessage::Lease { action } => self.lease(socket, action),
            // The socket answers these itself.
            ClientMessage::Hello(_) | ClientMessage::Ping { .. } => {}
        }
    }

    pub(super) fn command_by_http(
        &mut self,
        sender: Sender,
        id: CommandId,
        seen: Option<Revision>,
        command: Command,
        answer: oneshot::Sender<Result<Revision, wire::Refusal>>,
    ) {
        let given = Given { id, seen, command, age_ms: 0, speaker: None };
        self.command(&sender.who, given, AnswerTo::Caller(answer), sender.address);
    }

    fn command(&mut self, who: &Who, given: Given, to: AnswerTo, address: Option<IpAddr>) {
        let Given { id, seen, command, age_ms, speaker } = given;
        let asker = Asker { to, address, span: spans::of_command(self.ledger.shown().setup(), who, &command) };
        let now = self.now();
        if matches!(command, Command::Take { .. } | Command::Undo) {
            self.takes.asked(now.instant);
        }
        let request = Request {
            id: conference::CommandId(id.0),
            actor: self.actor(who),
            seen: seen.map(|revision| revision.0),
            command: convert::command_in(command),
            age_ms,
            speaker: speaker.map(convert::site_in),
        };
        // What its role may never do costs a sender nothing but its answer.
        let may = conference::right(request.actor.role, &request.command) != conference::Right::Never;
        if may && !self.budgets.spend(who.site(), &request.command, now.instant) {
            return self.ledger.refuse(request, asker, Refusal::Busy);
        }
        let live = self.live(now);
        if let Some(refusal) = self.unknown_delegate(&request, &live) {
            return self.ledger.refuse(request, asker, refusal);
        }
        self.ledger.command(request, asker, &live, now.wall, now.instant);
    }

    /// Who looks after regions must be somebody: the conference does not know who can sign in.
    fn unknown_delegate(&self, request: &Request, live: &Live) -> Option<Refusal> {
        let conference::Command::DelegateRegions { to, .. } = &request.command else { return None };
        let able = matches!((self.tools.role_of)(to), Some(wire::Role::Lead | wire::Role::Assistant));
        let may = self.ledger.shown().check_right(&request.actor, &request.command, live.lease.as_ref()).is_ok();
        (may && !able).then(|| Refusal::UnknownOperator { name: to.chars().take(MAX_NAME_CHARS).collect() })
    }

    fn actor(&self, who: &Who) -> Actor {
        Actor {
            name: who.name().to_owned(),
            role: convert::role_in(who.role()),
            site: who.site().cloned(),
            holds_lease: matches!(who, Who::Operator { name, .. } if self.lease.holder() == Some(name)),
        }
    }

    pub(super) fn send_answers(&mut self) {
        for Answer { asked, outcome } in self.ledger.answers() {
            match &outcome {
                Ok(_) => self.figures.accepted += 1,
                Err(refusal) => {
                    self.figures.refused += 1;
                    self.audit_refusal(&asked.request, refusal, asked.askers.first().and_then(|asker| asker.address));
                }
            }
            let outcome = outcome.map(Revision).map_err(convert::refusal_out);
            let id = CommandId(asked.request.id.0);
            for Asker { to, span, .. } in asked.askers {
                span.record("outcome", if outcome.is_ok() { "accepted" } else { "refused" });
                match to {
                    AnswerTo::Page(socket) => {
                        let message = match outcome.clone() {
                            Ok(revision) => ServerMessage::Accepted { id: id.clone(), revision },
                            Err(reason) => ServerMessage::Refused { id: id.clone(), reason },
                        };
                        self.tell(socket, &message);
                    }
                    // A caller that has gone repeats its command with the same id.
                    AnswerTo::Caller(answer) => drop(answer.send(outcome.clone())),
                }
            }
        }
    }

    /// Refusals of right go to the audit; refusals of state are everyday.
    fn audit_refusal(&mut self, request: &Request, refusal: &Refusal, address: Option<IpAddr>) {
        match refusal {
            Refusal::Forbidden | Refusal::NotInControl { .. } => {}
            _ => return,
        }
        (self.tools.audit)(Refused {
            who: request.actor.name.clone(),
            what: format!("command {:?}", request.command),
            reason: format!("{refusal:?}"),
            address,
        });
    }

    /// Something that this page may not say.
    pub(super) fn forbid(&mut self, socket: SocketId, what: &str) {
        let Some(peer) = self.peers.of_socket(socket) else { return };
        let (who, address) = (peer.who.name().to_owned(), peer.address());
        (self.tools.audit)(Refused {
            who,
            what: what.to_owned(),
            reason: "forbidden for this role".to_owned(),
            address,
        });
        let detail = format!("{what}: forbidden for this role");
        self.tell(socket, &ServerMessage::Error { code: ErrorCode::Unauthorized, detail, fatal: false });
    }
}

/// What is kept of a page's status.
fn shortened(mut status: EndpointStatus) -> EndpointStatus {
    status.browser = status.browser.map(|browser| browser.chars().take(MAX_BROWSER_CHARS).collect());
    status
}
