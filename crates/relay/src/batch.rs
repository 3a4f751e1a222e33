//! Datagrams on their way to the kernel: those of one receiver and one size travel as one message (UDP GSO).

use std::{net::SocketAddr, ops::Range};

/// Datagrams of one batch: a keyframe of 50 packets fits into it. More would leave the processor's cache before the kernel
/// copies them.
pub(crate) const BATCH: usize = 64;

/// Segments of one message: UDP_MAX_SEGMENTS of kernels before 6.9 (later ones take 128).
const MAX_SEGMENTS: usize = 64;
/// Payload of one message: the largest IPv4 datagram less its headers, since the kernel builds one before it cuts it up.
const MAX_MESSAGE_BYTES: usize = 65_507;

/// One message: datagrams of `segment` bytes, the last one perhaps shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Range<usize>,
    pub(crate) segment: usize,
    pub(crate) segments: usize,
}

impl Message {
    /// The next datagram may join: it is for the same receiver, not longer, and none before it was shorter.
    fn takes(&self, to: SocketAddr, length: usize) -> bool {
        self.to == to
            && length <= self.segment
            && self.segments < MAX_SEGMENTS
            && self.bytes.len() == self.segments * self.segment
            && self.bytes.len() + length <= MAX_MESSAGE_BYTES
    }

    /// Each datagram as a message of its own.
    pub(crate) fn split(&self) -> impl Iterator<Item = Message> + '_ {
        self.bytes.clone().step_by(self.segment.max(1)).map(|start| {
            let end = self.bytes.end.min(start + self.segment);
            Message { to: self.to, bytes: start..end, segment: end - start, segments: 1 }
        })
    }
}

/// Datagrams for one system call, one behind the other in one buffer.
#[derive(Debug, Default)]
pub(crate) struct SendBatch {
    pub(crate) bytes: Vec<u8>,
    pub(crate) messages: Vec<Message>,
    datagrams: usize,
}

impl SendBatch {
    /// Takes datagrams from `next`, which appends one to the buffer and gives its receiver, until there are [`BATCH`] of them
    /// or no more. True if there is something to send.
    pub(crate) fn fill(&mut self, mut next: impl FnMut(&mut Vec<u8>) -> Option<SocketAddr>) -> bool {
        while self.datagrams < BATCH {
            let start = self.bytes.len();
            let Some(to) = next(&mut self.bytes) else { break };
            self.push(to, start..self.bytes.len());
        }
        self.datagrams > 0
    }

    fn push(&mut self, to: SocketAddr, bytes: Range<usize>) {
        self.datagrams += 1;
        match self.messages.last_mut() {
            Some(last) if last.takes(to, bytes.len()) => {
                last.bytes.end = bytes.end;
                last.segments += 1;
            }
            Some(_) | None => self.messages.push(Message { to, segment: bytes.len(), bytes, segments: 1 }),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
        self.datagrams = 0;
    }
}

/// Length of the prefix of `messages` that one system call can take, and the segment size that it must name; none: no message
/// has more than one segment. A message of one segment goes with any size that is not smaller.
pub(crate) fn one_call(messages: &[Message]) -> (usize, Option<u16>) {
    let mut size = None;
    let mut longest = 0;
    let fits = messages.iter().take_while(|message| {
        longest = longest.max(message.segment);
        if message.segments > 1 && *size.get_or_insert(message.segment) != message.segment {
            return false;
        }
        size.is_none_or(|size| longest <= size)
    });
    let count = fits.count();
    let size = messages[..count].iter().find(|message| message.segments > 1).map(|message| message.segment);
    (count, size.and_then(|size| u16::try_from(size).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receiver(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    /// A batch of datagrams, given as receiver and length.
    fn batch(datagrams: &[(u16, usize)]) -> SendBatch {
        let mut batch = SendBatch::default();
        let mut rest = datagrams.iter();
        batch.fill(|buffer| {
            let &(port, length) = rest.next()?;
            buffer.resize(buffer.len() + length, port as u8);
            Some(receiver(port))
        });
        batch
    }

    fn shape(batch: &SendBatch) -> Vec<(u16, usize, usize)> {
        batch.messages.iter().map(|message| (message.to.port(), message.bytes.len(), message.segments)).collect()
    }

    #[test]
    fn equal_datagrams_of_one_receiver_are_one_message_and_a_shorter_one_ends_it() {
        let batch = batch(&[(1, 100), (1, 100), (1, 60), (1, 60), (2, 100), (1, 100)]);

        assert_eq!(shape(&batch), [(1, 260, 3), (1, 60, 1), (2, 100, 1), (1, 100, 1)]);
    }

    #[test]
    fn a_longer_datagram_begins_a_message() {
        assert_eq!(shape(&batch(&[(1, 60), (1, 100), (1, 100)])), [(1, 60, 1), (1, 200, 2)]);
    }

    #[test]
    fn a_message_never_outgrows_a_datagram_of_the_kernel() {
        let batch = batch(&[(1, 1_200); BATCH]);

        assert!(batch.messages.iter().all(|message| message.bytes.len() <= MAX_MESSAGE_BYTES));
        assert_eq!(batch.messages.iter().map(|message| message.segments).sum::<usize>(), BATCH);
    }

    #[test]
    fn a_batch_is_bounded_and_goes_on_where_it_stopped() {
        let mut rest = 0..BATCH + 6;
        let mut batch = SendBatch::default();
        let mut next = |buffer: &mut Vec<u8>| {
            rest.next().map(|index| {
                buffer.push(index as u8);
                receiver(index as u16 + 1)
            })
        };

        assert!(batch.fill(&mut next));
        assert_eq!(batch.messages.len(), BATCH);
        batch.clear();
        assert!(batch.fill(&mut next));
        assert_eq!(batch.messages.len(), 6);
        batch.clear();
        assert!(!batch.fill(&mut next));
    }

    #[test]
    fn split_messages_are_the_datagrams_again() {
        let batch = batch(&[(1, 100), (1, 100), (1, 60)]);

        let lengths: Vec<usize> = batch.messages[0].split().map(|message| message.bytes.len()).collect();

        assert_eq!(lengths, [100, 100, 60]);
    }

    #[test]
    fn one_call_takes_messages_of_one_segment_size() {
        let calls = |datagrams: &[(u16, usize)]| one_call(&batch(datagrams).messages);

        assert_eq!(calls(&[(1, 100), (2, 300)]), (2, None));
        assert_eq!(calls(&[(1, 100), (1, 100), (2, 100), (3, 80)]), (3, Some(100)));
        assert_eq!(calls(&[(1, 100), (1, 100), (2, 300)]), (1, Some(100)), "too long for the size");
        assert_eq!(calls(&[(2, 300), (1, 100), (1, 100)]), (1, None), "the long one goes first, alone");
        assert_eq!(calls(&[(1, 100), (1, 100), (2, 90), (2, 90)]), (1, Some(100)));
    }
}
