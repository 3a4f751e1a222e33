//! What the people at the centre arrange among themselves.

use conference::{Conference, Phase};
use wire::DeskView;

use crate::convert;

pub(super) fn view(conference: &Conference) -> DeskView {
    let (setup, state) = (conference.setup(), conference.state());
    let plan = &state.plan;
    let regions = |(operator, regions): (&String, &std::collections::BTreeSet<String>)| {
        (operator.clone(), regions.iter().cloned().collect())
    };
    DeskView {
        plan_locked: plan.locked || matches!(state.phase, Phase::Live | Phase::Ended),
        quorum: convert::quorum_out(plan.quorum),
        templates: plan.templates.clone(),
        delegations: plan.delegations.iter().map(regions).collect(),
        speech: convert::speech_out(setup.speech),
        floor_mode: Some(convert::floor_mode_out(setup.floor_mode)),
    }
}
