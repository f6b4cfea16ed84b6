//! The API server's clock as its answers tell it: a layer of the client that reads their `Date`.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use chaos_api::Span;
use chaos_plan::{Sample, ServerClock};
use http::{HeaderMap, Request, Response, header::DATE};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use tower::{Layer, Service};

use crate::inventory::boot_clock;

/// What is known of the API server's clock; clones share it.
#[derive(Clone, Debug, Default)]
pub(in crate::node) struct Clock(Arc<Mutex<ServerClock>>);

/// A client's service whose answers set the clock.
#[derive(Clone, Debug)]
pub(in crate::node) struct Dated<S> {
    clock: Clock,
    inner: S,
}

impl Clock {
    /// What is left until `ends`, at `now` on the boot clock.
    pub(in crate::node) fn left(&self, ends: Timestamp, now: u64) -> Span {
        self.lock().left(ends, now)
    }

    /// Between which times it stands now; nothing before the first answer.
    pub(super) fn bounds(&self) -> Option<(Timestamp, Timestamp)> {
        self.lock().bounds(boot_clock())
    }

    /// How long to wait before asking for the time tells most; nothing where it is known as sharply.
    pub(super) fn until_telling(&self, sharp: Span) -> Option<Span> {
        self.lock().until_telling(boot_clock(), sharp)
    }

    /// Takes an answer with these headers, which was asked for at `sent` on the boot clock.
    fn observe(&self, headers: &HeaderMap, sent: u64) {
        let received = boot_clock();
        if let Some(date) = date(headers) {
            self.lock().observe(Sample {
                sent,
                received,
                date,
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, ServerClock> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The `Date` in seconds of the Unix epoch (RFC 9110 §6.6.1).
fn date(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(DATE)?.to_str().ok()?;
    let time = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(time.as_second())
}

impl<S> Layer<S> for Clock {
    type Service = Dated<S>;

    fn layer(&self, inner: S) -> Dated<S> {
        let clock = self.clone();
        Dated { clock, inner }
    }
}

impl<S, A, B> Service<Request<A>> for Dated<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let clock = self.clock.clone();
        let sent = boot_clock();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            // An error may come from something else on the way, with a clock of its own.
            if answer.status().is_success() {
                clock.observe(answer.headers(), sent);
            }
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        let mut headers = HeaderMap::new();
        assert_eq!(date(&headers), None);
        headers.insert(
            DATE,
            HeaderValue::from_static("Fri, 20 Nov 2026 12:00:00 GMT"),
        );
        let noon: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        assert_eq!(date(&headers), Some(noon.as_second()));
        headers.insert(DATE, HeaderValue::from_static("yesterday"));
        assert_eq!(date(&headers), None);
    }

    #[test]
    fn no_time_is_left_before_the_first_answer() {
        let clock = Clock::default();
        let noon: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        assert!(clock.left(noon, boot_clock()).is_zero());
        let mut headers = HeaderMap::new();
        headers.insert(
            DATE,
            HeaderValue::from_static("Fri, 20 Nov 2026 11:59:00 GMT"),
        );
        clock.observe(&headers, boot_clock());
        let left = clock.left(noon, boot_clock());
        assert!(
            left > Span::from_secs(58) && left <= Span::from_secs(60),
            "{left}"
        );
    }
}
