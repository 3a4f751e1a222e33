//! The relay as the conference's task needs it, so that the task can be tested without sockets.

use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;

use relay_core::{EndpointId, LinePlan, OfferError, RestartError, Routes, TakeId, Watch};

/// A boxed future.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the relay is told to do. Orders are carried out in the order in which they are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayOrder {
    /// Forget an endpoint.
    Close(EndpointId),
    /// Everything that is to flow from now.
    SetRoutes(Routes),
    /// The sources whose readiness is watched from now.
    SetWatches(BTreeSet<Watch>),
    /// Switch to these routes on complete keyframes.
    OrderTake(TakeId, Routes),
    /// Give a take up.
    CancelTake(TakeId),
}

/// A media relay of one conference.
pub trait MediaRelay: fmt::Debug + Send + Sync + 'static {
    /// Answers an offer; the SDP answer comes back.
    ///
    /// # Errors
    /// Why the offer was refused.
    fn accept_offer(
        &self,
        endpoint: EndpointId,
        lines: Vec<LinePlan>,
        sdp: String,
    ) -> Pending<'static, Result<String, OfferError>>;

    /// Restarts ICE of an endpoint with its new user fragment; the SDP fragment for it comes back.
    ///
    /// # Errors
    /// Why nothing was changed.
    fn restart_ice(&self, endpoint: EndpointId, remote_ufrag: String)
    -> Pending<'static, Result<String, RestartError>>;

    /// Gives an order. Does not wait for its execution.
    fn order(&self, order: RelayOrder) -> Pending<'_, ()>;
}

impl MediaRelay for relay::RelayHandle {
    fn accept_offer(
        &self,
        endpoint: EndpointId,
        lines: Vec<LinePlan>,
        sdp: String,
    ) -> Pending<'static, Result<String, OfferError>> {
        let relay = self.clone();
        Box::pin(async move {
            let answer = relay::RelayHandle::accept_offer(&relay, endpoint, lines, sdp).await?;
            Ok(answer.sdp)
        })
    }

    fn restart_ice(
        &self,
        endpoint: EndpointId,
        remote_ufrag: String,
    ) -> Pending<'static, Result<String, RestartError>> {
        let relay = self.clone();
        Box::pin(async move { relay::RelayHandle::restart_ice(&relay, endpoint, remote_ufrag).await })
    }

    fn order(&self, order: RelayOrder) -> Pending<'_, ()> {
        Box::pin(async move {
            let done = match order {
                RelayOrder::Close(endpoint) => self.close(endpoint).await,
                RelayOrder::SetRoutes(routes) => self.set_routes(routes).await,
                RelayOrder::SetWatches(watches) => self.set_watches(watches).await,
                RelayOrder::OrderTake(take, routes) => self.order_take(take, routes).await,
                RelayOrder::CancelTake(take) => self.cancel_take(take).await,
            };
            if let Err(stopped) = done {
                tracing::error!(%stopped, "an order did not reach the relay");
            }
        })
    }
}
