//! Reading what the programs told.

use chaos_abi::Event;

use super::Dataplane;

impl Dataplane {
    /// Takes the events that wait in the ring, oldest first, and hands traced verdicts to the log.
    pub fn drain(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(record) = self.events.next() {
            if let Ok(event) = bytemuck::try_pod_read_unaligned(&record) {
                events.push(event);
            }
        }
        if let Some(tracer) = &mut self.tracer {
            tracer.flush();
        }
        events
    }
}
