//! Waits: sleeping, the time, fresh ids, signals and approvals. All recorded, so that a body that runs again sees the
//! same.

use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::time::Duration;

use saga_core::machine::Reach;
use saga_core::record::Verdict;
use saga_core::state::SiteState;
use saga_core::{By, DecodeError, Payload, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::author::awaitable::{Awaitable, Named, NoSteps};
use crate::author::error::Never;
use crate::author::failure::{ApprovalFailure, Expired};
use crate::author::sent::{self, SignalOf};
use crate::replay::board::lock;
use crate::replay::context::{NoValue, Place, Reached, Reading};
use crate::value::encoding::Encoding;
use crate::value::recorded::Recorded;
use crate::value::text::text_of;

/// A length of time: a [`Duration`], or text such as `"200ms"`, `"10s"`, `"2h"`, `"1h30m"`, `"7d"`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a length of time [SG0111]",
    label = "a number by itself does not say of what [SG0111]",
    note = "why: nothing is guessed about time",
    note = "fix: text, as in `\"10s\"`, `\"2h\"` or `\"1h30m\"`; or a `std::time::Duration`"
)]
pub trait IntoWait {
    /// Converts the duration to milliseconds.
    ///
    /// # Errors
    /// What is wrong with the text, and what would be right.
    fn into_wait_ms(self) -> Result<u64, String>;
}

impl IntoWait for Duration {
    fn into_wait_ms(self) -> Result<u64, String> {
        Ok(u64::try_from(self.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }
}

impl IntoWait for &str {
    fn into_wait_ms(self) -> Result<u64, String> {
        let wrong = || {
            format!("{self:?} is no length of time; write one like \"200ms\", \"10s\", \"2h\" or \"1h30m\"")
        };
        let mut rest = self.trim();
        let mut total: u64 = 0;
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = &rest[digits..];
            let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
            let unit = match &rest[..letters] {
                "ms" => 1,
                "s" => 1000,
                "m" | "min" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return Err(wrong()),
            };
            rest = rest[letters..].trim_start();
            total = number.checked_mul(unit).and_then(|ms| total.checked_add(ms)).ok_or_else(wrong)?;
        }
        Ok(total)
    }
}

/// Sleeps that long, over crashes and restarts.
///
/// ```
/// use saga::prelude::*;
///
/// #[saga]
/// async fn remind(text: String) -> Result<String, Failure> {
///     sleep("2h").await;
///     Ok(text)
/// }
/// # saga::test::in_virtual_time(async {
/// # let runtime = Runtime::builder(MemoryStore::new()).saga::<remind>().start().await.unwrap();
/// # let handle = runtime.run("a", remind("tea".into())).await.unwrap();
/// # assert_eq!(handle.outcome().await.unwrap().completed(), Some("tea".to_owned()));
/// # });
/// ```
pub fn sleep(wait: impl IntoWait) -> Sleep {
    Sleep { wait_ms: wait.into_wait_ms(), _call: PhantomPinned }
}

/// A sleep; see [`sleep`].
#[derive(Debug)]
#[must_use = "a sleep does nothing until it is awaited in a saga"]
pub struct Sleep {
    wait_ms: Result<u64, String>,
    _call: PhantomPinned,
}

#[diagnostic::do_not_recommend]
impl Awaitable for Sleep {
    type Steps = NoSteps;
    type Output = ();
    type Value = ();
    type Failure = Never;

    fn at(self, place: Place) -> impl Future<Output = ()> + Send {
        let site = place.site("sleep");
        let reach = self.wait_ms.map(|wait_ms| Reach::Timer { site: site.clone(), wait_ms });
        Reached::new(place.cx, site, reach, |state: &SiteState, _: &Encoding| match state {
            SiteState::Timer(timed) => timed.ended.map(Ok),
            _ => None,
        })
    }

    fn settle(output: ()) -> Result<(), Never> {
        Ok(output)
    }
}

/// Returns the time, recorded: a body that runs again sees the same.
///
/// ```
/// use saga::prelude::*;
///
/// #[saga]
/// async fn stamped() -> Result<(Timestamp, String), Failure> {
///     let (at, id) = (now().await, uuid().await);
///     Ok((at, id.to_string()))
/// }
/// ```
pub fn now() -> Now {
    Now(PhantomPinned)
}

/// The time; see [`now`].
#[derive(Debug)]
#[must_use = "it does nothing until it is awaited in a saga"]
pub struct Now(PhantomPinned);

/// Returns a fresh random id (UUID version 4), recorded.
pub fn uuid() -> FreshUuid {
    FreshUuid(PhantomPinned)
}

/// A fresh id; see [`uuid`](fn@uuid).
#[derive(Debug)]
#[must_use = "it does nothing until it is awaited in a saga"]
pub struct FreshUuid(PhantomPinned);

macro_rules! recorded_value {
    ($call:ty, $label:literal, $value:ty, |$board:ident| $make:expr) => {
        #[diagnostic::do_not_recommend]
        impl Awaitable for $call {
            type Steps = NoSteps;
            type Output = $value;
            type Value = $value;
            type Failure = Never;

            async fn at(self, place: Place) -> $value {
                let site = place.site($label);
                let Some($board) = place.cx.board().cloned() else { return std::future::pending().await };
                let (fresh, reach) = {
                    let $board = &mut *lock(&$board);
                    let value: $value = $make;
                    let reach = $board.around.encoding.encode_input(&value).map(|value| Reach::Value {
                        site: site.clone(),
                        what: $label.into(),
                        value,
                    });
                    // Recorded together with what comes next: before that, nothing has seen the value.
                    ($board.state.site(&site).is_none().then_some(value), reach)
                };
                let known =
                    Reached::new(place.cx, site, reach, move |state: &SiteState, encoding: &Encoding| {
                        match state {
                            SiteState::Value { value, .. } => {
                                let value = encoding.decode(value);
                                Some(value.map_err(NoValue::from))
                            }
                            _ => None,
                        }
                    });
                match fresh {
                    Some(value) => known.without_waiting(value).await,
                    None => known.await,
                }
            }

            fn settle(output: $value) -> Result<$value, Never> {
                Ok(output)
            }
        }
    };
}

recorded_value!(Now, "now", Timestamp, |board| board.around.clock.now());
recorded_value!(FreshUuid, "uuid", Uuid, |board| {
    uuid::Builder::from_random_bytes(board.rng.draw_id().to_be_bytes()).into_uuid()
});

/// Waits for a signal of that name, sent by [`Handle::signal`](crate::AnyHandle::signal). One that came before is taken
/// at once; those of one name are taken in the order in which they came.
///
/// What was sent is recorded as a `T`: what that wraps in [`Redacted`](saga_core::Redacted) is hidden, however the sender
/// wrote it. All of it is hidden where the type is not known: of a signal that comes before the wait for it, and of one whose
/// type is inferred. A type is known as `signal::<Paid>(…)`, or by `let paid: Paid = signal(…)`.
///
/// ```
/// use saga::prelude::*;
///
/// #[saga]
/// async fn delivery() -> Result<String, Failure> {
///     Ok(signal::<String>("address").within("7d").await?)
/// }
/// # saga::test::in_virtual_time(async {
/// let runtime = Runtime::builder(MemoryStore::new()).saga::<delivery>().start().await.unwrap();
/// let handle = runtime.run("parcel-1", delivery()).await.unwrap();
/// handle.signal("address", "message-17", &"Lisbon").await.unwrap();
/// assert_eq!(handle.outcome().await.unwrap().completed(), Some("Lisbon".to_owned()));
/// # });
/// ```
// Without a bound on `T`: a type that cannot be recorded is refused once, where the signal is awaited.
pub fn signal<T>(name: &'static str) -> Signal<T> {
    Signal { name, payload: PhantomData, _call: PhantomPinned }
}

/// A wait for a signal; see [`signal`].
#[derive(Debug)]
#[must_use = "it does nothing until it is awaited in a saga"]
pub struct Signal<T> {
    name: &'static str,
    payload: PhantomData<fn() -> T>,
    _call: PhantomPinned,
}

impl<T> Signal<T> {
    /// Limits the wait to that time.
    pub fn within(self, wait: impl IntoWait) -> SignalWithin<T> {
        SignalWithin { signal: self, wait_ms: wait.into_wait_ms() }
    }
}

/// A wait for a signal that may run out.
#[derive(Debug)]
#[must_use = "it does nothing until it is awaited in a saga"]
pub struct SignalWithin<T> {
    signal: Signal<T>,
    wait_ms: Result<u64, String>,
}

fn read_signal<T: Recorded>(state: &SiteState, encoding: &Encoding) -> Reading<Option<T>> {
    let SiteState::Wait { timed, .. } = state else { return None };
    let payload: Option<&Payload> = timed.ended.as_ref()?.as_ref();
    let value = payload.map(|payload| sent::read::<T>(payload, encoding)).transpose();
    Some(value.map_err(|error| match error {
        // What was sent is hidden, and a decoder's error quotes it.
        DecodeError::Json { .. } => NoValue::Refused(text_of(&error.without_values())),
        error => error.into(),
    }))
}

impl<T: Recorded> Awaitable for Signal<T> {
    type Steps = SignalOf<T>;
    type Output = T;
    type Value = T;
    type Failure = Never;

    fn at(self, place: Place) -> impl Future<Output = T> + Send {
        let site = place.site("signal");
        let reach = Reach::Wait { site: site.clone(), name: self.name.into(), wait_ms: None };
        // Without a limit it ends with a signal or not at all.
        Reached::new(place.cx, site, Ok(reach), |state: &SiteState, encoding: &Encoding| {
            read_signal(state, encoding)?.transpose()
        })
    }

    fn settle(output: T) -> Result<T, Never> {
        Ok(output)
    }
}

impl<T: Recorded> Awaitable for SignalWithin<T> {
    type Steps = SignalOf<T>;
    type Output = Result<T, Expired>;
    type Value = T;
    type Failure = Expired;

    fn at(self, place: Place) -> impl Future<Output = Result<T, Expired>> + Send {
        let site = place.site("signal");
        let name = self.signal.name.into();
        let reach = self.wait_ms.map(|ms| Reach::Wait { site: site.clone(), name, wait_ms: Some(ms) });
        Reached::new(place.cx, site, reach, |state: &SiteState, encoding: &Encoding| {
            Some(read_signal(state, encoding)?.map(|payload| payload.ok_or(Expired)))
        })
    }

    fn settle(output: Result<T, Expired>) -> Result<T, Expired> {
        output
    }
}

/// Asks a person, and waits for the answer.
///
/// ```
/// use saga::prelude::*;
///
/// #[saga]
/// async fn expense(amount: u32) -> Result<String, Failure> {
///     let approval = approve(format!("Spend {amount}?")).within("2h").await?;
///     Ok(approval.by.who)
/// }
/// # saga::test::in_virtual_time(async {
/// let runtime = Runtime::builder(MemoryStore::new()).saga::<expense>().start().await.unwrap();
/// let handle = runtime.run("expense-1", expense(120)).await.unwrap();
/// # while handle.phase().await.unwrap() != saga::Phase::Waiting { tokio::time::sleep(std::time::Duration::from_millis(1)).await; }
/// handle.approve(By::new("Grace", "it is in the budget")).await.unwrap();
/// assert_eq!(handle.outcome().await.unwrap().completed(), Some("Grace".to_owned()));
/// # });
/// ```
pub fn approve(prompt: impl Into<String>) -> Approve {
    Approve { prompt: prompt.into(), wait_ms: Ok(None), _call: PhantomPinned }
}

/// A question; see [`approve`].
#[derive(Debug)]
#[must_use = "it does nothing until it is awaited in a saga"]
pub struct Approve {
    prompt: String,
    wait_ms: Result<Option<u64>, String>,
    _call: PhantomPinned,
}

impl Approve {
    /// Limits the wait to that time.
    pub fn within(self, wait: impl IntoWait) -> Self {
        Self { wait_ms: wait.into_wait_ms().map(Some), ..self }
    }
}

impl Named<Approve> {
    /// Limits the wait to that time.
    pub fn within(self, wait: impl IntoWait) -> Self {
        self.map(|call| call.within(wait))
    }
}

impl<T> Named<Signal<T>> {
    /// Limits the wait to that time.
    pub fn within(self, wait: impl IntoWait) -> Named<SignalWithin<T>> {
        self.map(|call| call.within(wait))
    }
}

/// A person's approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The person's name, and the reason given.
    pub by: By,
}

#[diagnostic::do_not_recommend]
impl Awaitable for Approve {
    type Steps = NoSteps;
    type Output = Result<Approval, ApprovalFailure>;
    type Value = Approval;
    type Failure = ApprovalFailure;

    fn at(self, place: Place) -> impl Future<Output = Self::Output> + Send {
        let site = place.site("approve");
        let prompt = self.prompt;
        let reach = self.wait_ms.map(|wait_ms| Reach::Ask { site: site.clone(), prompt, wait_ms });
        Reached::new(place.cx, site, reach, |state: &SiteState, _: &Encoding| match state {
            SiteState::Ask { timed, .. } => timed.ended.clone().map(|verdict| {
                Ok(match verdict {
                    Verdict::Approved(by) => Ok(Approval { by }),
                    Verdict::Denied(by) => Err(ApprovalFailure::Denied(by)),
                    Verdict::Expired => Err(ApprovalFailure::Expired),
                })
            }),
            _ => None,
        })
    }

    fn settle(output: Self::Output) -> Result<Approval, ApprovalFailure> {
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_or_refused_with_a_hint() {
        assert_eq!("1h30m".into_wait_ms(), Ok(5_400_000));
        assert_eq!("200ms".into_wait_ms(), Ok(200));
        assert_eq!(Duration::from_micros(1).into_wait_ms(), Ok(1));
        for wrong in ["", "10", "s", "ten s", "1y", "99999999999999999999d", "18446744073709551615d"] {
            assert!(wrong.into_wait_ms().unwrap_err().contains("\"10s\""), "{wrong}");
        }
    }
}
