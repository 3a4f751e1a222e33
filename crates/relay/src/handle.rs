//! How the rest of the program speaks to the relay's thread.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use relay_core::{Answer, EndpointId, LinePlan, OfferError, RestartError, Routes, TakeId, Watch};
use tokio::sync::{mpsc, oneshot};

use crate::socket::Waker;

/// Commands that wait for the relay's thread. A sender that finds the queue full waits until the thread has taken some.
pub const MAX_QUEUED_COMMANDS: usize = 1024;
/// Offers that wait for it, in a queue of their own, so that no number of pages that join delays a take: all endpoints of a
/// large conference may rejoin at once.
pub const MAX_QUEUED_OFFERS: usize = 1024;

/// What the thread is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Close(EndpointId),
    SetRoutes(Routes),
    SetWatches(BTreeSet<Watch>),
    OrderTake(TakeId, Routes),
    CancelTake(TakeId),
    RestartIce { endpoint: EndpointId, remote_ufrag: String, answer: oneshot::Sender<Result<String, RestartError>> },
    Shutdown,
}

/// An endpoint's offer and who waits for the answer.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) endpoint: EndpointId,
    pub(crate) plan: Vec<LinePlan>,
    pub(crate) sdp: String,
    pub(crate) answer: oneshot::Sender<Result<Answer, OfferError>>,
}

/// The thread's ends of both queues.
#[derive(Debug)]
pub(crate) struct Queues {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) offers: mpsc::Receiver<Offer>,
}

/// The relay's thread is gone; nothing is forwarded any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the relay has stopped")]
pub struct Stopped;

/// A running relay. Clones speak to the same one; commands of one task are carried out in their order, offers beside them.
#[derive(Debug, Clone)]
pub struct RelayHandle {
    commands: mpsc::Sender<Command>,
    offers: mpsc::Sender<Offer>,
    waker: Arc<Waker>,
    local: SocketAddr,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// The senders' ends of both queues, and the thread's.
pub(crate) fn queues() -> ((mpsc::Sender<Command>, mpsc::Sender<Offer>), Queues) {
    let (commands, waiting_commands) = mpsc::channel(MAX_QUEUED_COMMANDS);
    let (offers, waiting_offers) = mpsc::channel(MAX_QUEUED_OFFERS);
    ((commands, offers), Queues { commands: waiting_commands, offers: waiting_offers })
}

impl RelayHandle {
    pub(crate) fn new(
        (commands, offers): (mpsc::Sender<Command>, mpsc::Sender<Offer>),
        waker: Arc<Waker>,
        local: SocketAddr,
        thread: JoinHandle<()>,
    ) -> Self {
        Self { commands, offers, waker, local, thread: Arc::new(Mutex::new(Some(thread))) }
    }

    /// See [`relay_core::Relay::accept_offer`].
    ///
    /// # Errors
    ///
    /// Why the offer was refused; [`OfferError::Stopped`] if there is no relay any more.
    pub async fn accept_offer(
        &self,
        endpoint: EndpointId,
        plan: Vec<LinePlan>,
        sdp: String,
    ) -> Result<Answer, OfferError> {
        let (answer, answered) = oneshot::channel();
        let offer = Offer { endpoint, plan, sdp, answer };
        self.offers.send(offer).await.map_err(|_| OfferError::Stopped)?;
        self.waker.wake();
        answered.await.map_err(|_| OfferError::Stopped)?
    }

    /// See [`relay_core::Relay::restart_ice`].
    ///
    /// # Errors
    ///
    /// Why nothing was changed; [`RestartError::Stopped`] if there is no relay any more.
    pub async fn restart_ice(&self, endpoint: EndpointId, remote_ufrag: String) -> Result<String, RestartError> {
        let (answer, answered) = oneshot::channel();
        let command = Command::RestartIce { endpoint, remote_ufrag, answer };
        self.send(command).await.map_err(|_| RestartError::Stopped)?;
        answered.await.map_err(|_| RestartError::Stopped)?
    }

    /// Says goodbye to an endpoint and forgets it. No event tells of it.
    ///
    /// # Errors
    ///
    /// There is no relay any more.
    pub async fn close(&self, endpoint: EndpointId) -> Result<(), Stopped> {
        self.send(Command::Close(endpoint)).await
    }

    /// See [`relay_core::Plane::set_routes`].
    ///
    /// # Errors
    ///
    /// There is no relay any more.
    pub async fn set_routes(&self, routes: Routes) -> Result<(), Stopped> {
        self.send(Command::SetRoutes(routes)).await
    }

    /// See [`relay_core::Plane::set_watches`].
    ///
    /// # Errors
    ///
    /// There is no relay any more.
    pub async fn set_watches(&self, watches: BTreeSet<Watch>) -> Result<(), Stopped> {
        self.send(Command::SetWatches(watches)).await
    }

    /// See [`relay_core::Plane::order_take`].
    ///
    /// # Errors
    ///
    /// There is no relay any more.
    pub async fn order_take(&self, take: TakeId, routes: Routes) -> Result<(), Stopped> {
        self.send(Command::OrderTake(take, routes)).await
    }

    /// See [`relay_core::Plane::cancel_take`].
    ///
    /// # Errors
    ///
    /// There is no relay any more.
    pub async fn cancel_take(&self, take: TakeId) -> Result<(), Stopped> {
        self.send(Command::CancelTake(take)).await
    }

    /// Where the socket listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Says goodbye to all endpoints and ends the thread; returns when it has ended. A second call does nothing.
    pub async fn shutdown(&self) {
        // An error says that the thread has ended already.
        let _ = self.send(Command::Shutdown).await;
        // The thread drops its end of the queue last.
        self.commands.closed().await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the relay's thread panicked");
        }
    }

    async fn send(&self, command: Command) -> Result<(), Stopped> {
        self.commands.send(command).await.map_err(|_| Stopped)?;
        self.waker.wake();
        Ok(())
    }
}
