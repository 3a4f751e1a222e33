//! Where pictures are encoded: threads of their own, so that an encoder keeps no packet waiting.
//!
//! A process simulates many sites with few cores. A small picture of an idle site can wait for its turn, and does: its
//! encoder runs at a low priority. What somebody waits for (a large layer, a keyframe that was asked for) does not.

use std::sync::Arc;

use thread_priority::unix::{
    NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};
use thread_priority::{ThreadPriority, ThreadPriorityValue};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinError;

/// Threads of each kind: as many as the cores that a demonstration is promised to fit on.
const THREADS: usize = 2;
/// About niceness 10: a tenth of the share of a thread that packets pass through.
const PATIENT: u8 = 25;

/// Who waits for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// Somebody does.
    Urgent,
    /// Nobody in particular.
    Patient,
}

/// Threads that encode, shared by all sites of a process. Ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Workshop {
    threads: Arc<Threads>,
}

#[derive(Debug)]
struct Threads {
    urgent: Option<Runtime>,
    patient: Option<Runtime>,
}

impl Workshop {
    /// Starts without threads; they come with the work.
    ///
    /// # Errors
    /// The system gives no more descriptors.
    pub fn new() -> std::io::Result<Self> {
        let urgent = builder("encoder").build()?;
        let patient = builder("encoder-idle").on_thread_start(be_patient).build()?;
        Ok(Self { threads: Arc::new(Threads { urgent: Some(urgent), patient: Some(patient) }) })
    }

    /// Does a piece of work and gives its result.
    ///
    /// # Errors
    /// It panicked, or the process ends.
    pub async fn run<T: Send + 'static>(
        &self,
        haste: Haste,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let runtime = match haste {
            Haste::Urgent => &self.threads.urgent,
            Haste::Patient => &self.threads.patient,
        };
        let runtime = runtime.as_ref().expect("runtimes are taken out by drop alone");
        runtime.spawn_blocking(work).await
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // The last site may end inside another runtime, where nothing may be waited for.
        for runtime in [self.urgent.take(), self.patient.take()].into_iter().flatten() {
            runtime.shutdown_background();
        }
    }
}

fn builder(name: &str) -> Builder {
    let mut builder = Builder::new_current_thread();
    builder.thread_name(name).max_blocking_threads(THREADS);
    builder
}

fn be_patient() {
    let Ok(value) = ThreadPriorityValue::try_from(PATIENT) else { return };
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
    let priority = ThreadPriority::Crossplatform(value);
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), priority, policy) {
        tracing::debug!(?error, "encoders of idle sites run as everything else does");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_on_threads_of_its_own_and_patient_ones_are_nice() {
        let workshop = Workshop::new().unwrap();
        let niceness = || std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let nice_of = |stat: String| {
            let after_name = stat.rsplit(')').next().unwrap().to_owned();
            after_name.split_whitespace().nth(16).unwrap().parse::<i32>().unwrap()
        };

        let urgent = nice_of(workshop.run(Haste::Urgent, niceness).await.unwrap());
        let patient = nice_of(workshop.run(Haste::Patient, niceness).await.unwrap());

        assert!(patient > urgent, "{patient} and {urgent}");
    }

    #[tokio::test]
    async fn the_last_one_may_go_inside_a_runtime() {
        let workshop = Workshop::new().unwrap();
        assert_eq!(workshop.run(Haste::Urgent, || 7).await.unwrap(), 7);
        drop(workshop);
    }
}
