//! What a thin way carries, divided among the pictures of one receiver. Sound is set aside first.

use crate::Layer;

use super::bandwidth::BitRate;

/// What the way allows to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Allowance {
    /// Everything.
    #[default]
    All,
    /// Layers up to this one.
    UpTo(Layer),
    /// Nothing: not even the lowest layer fits.
    Nothing,
}

impl Allowance {
    /// The best layer of a wish; none: the slot goes without.
    pub(super) fn cap(self, wished: Layer) -> Option<Layer> {
        match self {
            Allowance::All => Some(wished),
            Allowance::UpTo(layer) => Some(wished.min(layer)),
            Allowance::Nothing => None,
        }
    }
}

/// A picture that wants to flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// Who goes without first: the highest. Among equals the later one.
    pub(super) rank: u8,
    /// Layers that it may get, lowest first, each with its rate. Never empty.
    pub(super) layers: Vec<(Layer, BitRate)>,
    /// What it was allowed before.
    pub(super) before: Allowance,
}

/// A layer that a slot did not have before must fit with so many percent to spare: a rate that sways about a limit must not
/// make the picture sway.
const SPARE_PERCENT: BitRate = 15;

/// Divides `budget` among the claims, in their order within each rank: first the lowest layer for all of a rank, then one layer
/// more for each of them while it fits, then the next rank. The first claim of all always gets its lowest layer.
pub(super) fn divide(budget: BitRate, claims: &[Claim]) -> Vec<Allowance> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|&index| claims[index].rank);
    // Layers that each claim gets; none: nothing.
    let mut given: Vec<usize> = vec![0; claims.len()];
    let mut left = budget;
    for rank in order.chunk_by(|&a, &b| claims[a].rank == claims[b].rank) {
        for step in 1..=most_layers(claims, rank) {
            for &index in rank {
                // Who did not get the layer below has no use for this one.
                let next = given[index] + 1 == step;
                if let Some(price) = price(&claims[index], step, left).filter(|_| next) {
                    given[index] = step;
                    left -= price;
                }
            }
        }
    }
    if let Some(&first) = order.first() {
        given[first] = given[first].max(1);
    }
    claims.iter().zip(given).map(|(claim, given)| allowance(claim, given)).collect()
}

fn most_layers(claims: &[Claim], rank: &[usize]) -> usize {
    rank.iter().map(|&index| claims[index].layers.len()).max().unwrap_or(0)
}

/// What the step to this many layers costs; none: there is no such layer, or it does not fit.
fn price(claim: &Claim, step: usize, left: BitRate) -> Option<BitRate> {
    let &(layer, rate) = claim.layers.get(step - 1)?;
    let below = step.checked_sub(2).map_or(0, |below| claim.layers[below].1);
    let price = rate.saturating_sub(below);
    let had = claim.before.cap(layer) == Some(layer);
    let needed = if had { price } else { price + rate * SPARE_PERCENT / 100 };
    (needed <= left).then_some(price)
}

fn allowance(claim: &Claim, given: usize) -> Allowance {
    match given {
        0 => Allowance::Nothing,
        all if all == claim.layers.len() => Allowance::All,
        some => Allowance::UpTo(claim.layers[some - 1].0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Layer::{High, Low, Mid};

    fn camera(rank: u8, before: Allowance) -> Claim {
        Claim { rank, layers: vec![(Low, 150_000), (Mid, 600_000), (High, 2_500_000)], before }
    }

    #[test]
    fn one_picture_gets_the_best_layer_that_fits_and_never_less_than_the_lowest() {
        let of = |budget| divide(budget, &[camera(0, Allowance::All)])[0];

        assert_eq!(of(3_000_000), Allowance::All);
        assert_eq!(of(2_499_999), Allowance::UpTo(Mid));
        assert_eq!(of(599_999), Allowance::UpTo(Low));
        assert_eq!(of(10_000), Allowance::UpTo(Low), "a picture that stutters says more than none");
    }

    #[test]
    fn a_layer_comes_back_only_with_something_to_spare() {
        let of = |budget, before| divide(budget, &[camera(0, before)])[0];

        assert_eq!(of(2_600_000, Allowance::All), Allowance::All);
        assert_eq!(of(2_600_000, Allowance::UpTo(Mid)), Allowance::UpTo(Mid));
        assert_eq!(of(2_900_000, Allowance::UpTo(Mid)), Allowance::All);
    }

    #[test]
    fn the_programme_goes_before_the_wall_and_equals_share() {
        let wall = Claim { rank: 4, layers: vec![(Low, 100_000)], before: Allowance::All };
        let claims = [wall.clone(), camera(1, Allowance::All), wall.clone(), camera(1, Allowance::All), wall];

        let allowed = divide(1_420_000, &claims);

        let (all, mid) = (Allowance::All, Allowance::UpTo(Mid));
        assert_eq!(allowed, [all, mid, all, mid, Allowance::Nothing]);
    }

    #[test]
    fn nothing_to_divide_is_nothing() {
        assert_eq!(divide(1_000, &[]), []);
    }
}
