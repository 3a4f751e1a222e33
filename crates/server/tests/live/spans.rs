//! Spans: what a conference does can be seen from outside, and nobody's name with it.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};
use wire::Role;

use crate::world::World;

/// What spans of the server say, one line a field: `name.field=value`, and `name closed` at the end.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn add(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct OfSpan<'a>(&'a Lines, &'static str);

impl Visit for OfSpan<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.add(format!("{}.{}={value:?}", self.1, field.name()));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if span.metadata().target().starts_with("server::") {
            span.record(&mut OfSpan(self, span.metadata().name()));
        }
    }

    fn on_record(&self, span: &Id, values: &Record<'_>, context: Context<'_, S>) {
        values.record(&mut OfSpan(self, context.span(span).unwrap().name()));
    }

    fn on_close(&self, span: Id, context: Context<'_, S>) {
        self.add(format!("{} closed", context.span(&span).unwrap().name()));
    }
}

#[tokio::test]
async fn joins_commands_and_takes_have_spans_with_ids_and_without_names() {
    let lines = Lines::default();
    // With one dispatcher alone, whether a span is wanted is asked of the thread that first comes by, and that may be another test's. What
    // came by at this very moment is asked again below.
    let _second = tracing::Dispatch::new(Registry::default());
    let _seen = tracing::subscriber::set_default(Registry::default().with(lines.clone()));
    let world = World::new().await;
    tracing::callsite::rebuild_interest_cache();
    let mut lead = world.operator("Nguyễn Lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_cao_bang, _) = world.site_with_media("cao-bang").await;

    let id = lead.order_take("cao-bang").await;
    let (_, take, _) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    lead.answer(&id).await.unwrap();
    assert!(!lines.all().contains(&"take closed".to_owned()), "it is under way");
    world.take_done(take, Vec::new());
    world.logged("take_shown", 1).await;

    let seen = lines.all();
    for expected in [
        "join.conference=\"bau-cu-2021\"",
        "join.site=\"cao-bang\"",
        "command.conference=\"bau-cu-2021\"",
        "command.role=Lead",
        "command.kind=SetPreview",
        "command.kind=Take",
        "command.outcome=\"accepted\"",
        "command closed",
        "append.conference=bau-cu-2021",
        "append closed",
        "take.site=\"cao-bang\"",
        "take.outcome=\"shown\"",
        "take closed",
    ] {
        assert!(seen.iter().any(|line| line == expected), "{expected} in {seen:#?}");
    }
    assert!(!seen.iter().any(|line| line.contains("Lan")), "{seen:#?}");
}
