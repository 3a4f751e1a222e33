//! Quantiles of what was measured.

/// The value that `share` of all values do not exceed (nearest rank); none without values. Sorts them.
pub fn quantile<T: Copy + PartialOrd>(values: &mut [T], share: f64) -> Option<T> {
    values.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    let rank = (share * values.len() as f64).ceil() as usize;
    values.get(rank.clamp(1, values.len().max(1)) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let mut values: Vec<u32> = (1..=100).rev().collect();

        assert_eq!(quantile(&mut values, 0.5), Some(50));
        assert_eq!(quantile(&mut values, 0.99), Some(99));
        assert_eq!(quantile(&mut values, 1.0), Some(100));
        assert_eq!(quantile(&mut values, 0.0), Some(1));
    }

    #[test]
    fn few_values_have_quantiles_too() {
        assert_eq!(quantile(&mut [3.5], 0.95), Some(3.5));
        assert_eq!(quantile::<f64>(&mut [], 0.95), None);
    }
}
