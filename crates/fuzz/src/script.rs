//! Inputs of several steps. A step is its kind, the length of its body in 16 bits, and the body; whatever bytes there are, they
//! are some script, so a mutation never makes an input useless.

/// Steps of one input: enough to build up a state, few enough to stay quick.
pub(crate) const MAX_STEPS: usize = 64;

/// One step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub kind: u8,
    pub body: &'a [u8],
}

/// The steps of an input. A body that is cut off is what is left of it.
pub(crate) fn steps(input: &[u8]) -> impl Iterator<Item = Step<'_>> {
    let mut rest = input;
    let next = move || {
        let (&[kind, high, low], tail) = rest.split_first_chunk::<3>()?;
        let length = usize::from(u16::from_be_bytes([high, low])).min(tail.len());
        let (body, after) = tail.split_at(length);
        rest = after;
        Some(Step { kind, body })
    };
    std::iter::from_fn(next).take(MAX_STEPS)
}

/// Appends a step.
pub(crate) fn step(script: &mut Vec<u8>, kind: u8, body: &[u8]) {
    script.push(kind);
    script.extend_from_slice(&u16::try_from(body.len()).expect("bodies are datagrams").to_be_bytes());
    script.extend_from_slice(body);
}

/// Reads numbers from the front of a body; what is not there is zero.
#[derive(Debug)]
pub(crate) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn byte(&mut self) -> u8 {
        self.take::<1>()[0]
    }

    pub(crate) fn short(&mut self) -> u16 {
        u16::from_be_bytes(self.take())
    }

    pub(crate) fn word(&mut self) -> u32 {
        u32::from_be_bytes(self.take())
    }

    /// What was not read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let (taken, rest) = self.0.split_at(N.min(self.0.len()));
        bytes[..taken.len()].copy_from_slice(taken);
        self.0 = rest;
        bytes
    }
}
