//! A fingerprint of a picture, to see one that is shown again and again.

/// Samples across; points are taken, not averages, so that a small moving thing and the noise of a new key
/// frame both count.
pub const WIDTH: u32 = 64;
/// Samples down.
pub const HEIGHT: u32 = 36;

/// FNV-1a over the samples (64 bit): not against an adversary, only to tell two pictures apart.
#[must_use]
pub fn fingerprint(samples: &[u8]) -> u64 {
    samples.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_sample_is_another_picture() {
        let mut samples = vec![128_u8; 64 * 36 * 4];
        let before = fingerprint(&samples);
        samples[5_000] = 129;
        assert_ne!(before, fingerprint(&samples));
    }
}
