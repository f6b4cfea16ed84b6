//! The API server's clock, by which faults start and end: all agents know it, and it outlives every
//! leader. The leader's own wall clock would add its skew to every fault.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use chaos_api::Span;
use chaos_plan::{Sample, ServerClock};
use futures::TryFutureExt;
use http::{HeaderMap, Request, Response, header::DATE};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use kube::Client;
use rustix::time::{ClockId, clock_gettime};
use tower::{Layer, Service};

/// With how much uncertainty the clock is left alone.
const SHARP: Span = Span::from_nanos(25_000_000);

/// How often that is looked at.
const PAUSE: Duration = Duration::from_secs(5);

/// The API server's clock, as told by its answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Arc<Mutex<ServerClock>>);

impl Clock {
    /// The earliest that it may be, in whole milliseconds, so that a fault is never longer than its
    /// duration; nothing before the first answer.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        let (earliest, _) = self.lock().bounds(boot())?;
        Timestamp::from_millisecond(earliest.as_millisecond()).ok()
    }

    /// Keeps the clock sharp. A `Date` is in whole seconds: an answer tells most where it comes when
    /// a second may or may not be over, and halves the uncertainty there.
    pub(crate) async fn sharpen(self, client: Client) {
        loop {
            let pause = self.until_telling().unwrap_or(PAUSE);
            tokio::time::sleep(pause).await;
            if self.is_sharp() {
                continue;
            }
            if let Err(error) = client.apiserver_version().await {
                tracing::debug!(%error, "the API server does not tell the time");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// How long until an answer is worth most.
    fn until_telling(&self) -> Option<Duration> {
        self.lock().until_telling(boot(), SHARP).map(Duration::from)
    }

    fn is_sharp(&self) -> bool {
        let uncertainty = self.lock().uncertainty(boot());
        uncertainty.is_some_and(|uncertainty| uncertainty <= SHARP)
    }

    fn observe(&self, sent: u64, headers: &HeaderMap) {
        let text = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = text.and_then(|text| DateTimeParser::new().parse_timestamp(text).ok());
        if let Some(date) = date {
            self.lock().observe(Sample {
                sent,
                received: boot(),
                date: date.as_second(),
            });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ServerClock> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nanoseconds since the machine was started, suspended or not.
fn boot() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let time = Duration::try_from(time).expect("the boot clock is not negative");
    u64::try_from(time.as_nanos()).expect("a machine runs for less than 584 years")
}

impl<S> Layer<S> for Clock {
    type Service = Dated<S>;

    fn layer(&self, inner: S) -> Dated<S> {
        let clock = self.clone();
        Dated { inner, clock }
    }
}

/// A client that tells the clock the `Date` of each answer.
#[derive(Clone, Debug)]
pub(crate) struct Dated<S> {
    inner: S,
    clock: Clock,
}

impl<S, A, B> Service<Request<A>> for Dated<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
    B: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let (clock, sent) = (self.clock.clone(), boot());
        let answer = self.inner.call(request);
        Box::pin(answer.inspect_ok(move |answer| clock.observe(sent, answer.headers())))
    }
}
