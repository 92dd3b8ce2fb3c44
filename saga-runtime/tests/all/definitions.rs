//! The file of definitions: its content, the accepted changes, the refused ones, and the messages.
//!
//! Mutants seen to fail here: moves not compared; what is owed forgotten when the file is written; written in `Verify`.
// A saga drops a failure by `let _ =`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::let_underscore_must_use)]

use std::path::{Path, PathBuf};

use saga::prelude::*;
use saga::upgrade::{Definitions, Keep, hold_to, snapshot};
use saga::{Builder, Runtime};
use serde::{Deserialize, Serialize};

type Build = fn(Builder) -> Builder;

/// A directory of this test's own.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("saga-definitions-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn file(&self) -> PathBuf {
        self.0.join("saga.definitions.json")
    }

    /// Returns the result of comparing `build` with the file, without the path.
    fn hold(&self, keep: Keep, build: Build) -> Result<(), String> {
        let shown = format!("{}/", self.0.display());
        hold_to(self.file(), keep, build).map_err(|why| why.replace(&shown, ""))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Returns the result of comparing `new` with the file of `old`.
fn after(old: Build, new: Build, test: &str) -> Result<(), String> {
    let place = Place::new(test);
    place.hold(Keep::Begin, old).unwrap();
    let before = std::fs::read_to_string(place.file()).unwrap();
    let said = place.hold(Keep::Begin, new);
    assert_eq!(place.hold(Keep::Verify, new), said);
    assert_eq!(std::fs::read_to_string(place.file()).unwrap(), before, "only a `Write` writes");
    said
}

/// Checks that the message has all these parts.
#[track_caller]
fn says(said: Result<(), String>, parts: &[&str]) {
    let said = said.expect_err("it has changed");
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in\n{said}");
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Trip {
    to: String,
    card: Redacted<String>,
}

mod first {
    use super::*;

    #[step(compensate = release(output), leaves = "a mail", undo_within = "24h", idempotent)]
    pub(crate) async fn hold(trip: Trip) -> Result<u32, Failure> {
        Ok(trip.to.len() as u32)
    }
    #[step(retriable, idempotent)]
    pub(crate) async fn release(id: u32) -> Result<(), Failure> {
        let _ = id;
        Ok(())
    }
    #[step(irreversible, idempotent)]
    pub(crate) async fn charge(cents: u32) -> Result<u32, Failure> {
        Ok(cents)
    }

    #[saga(version = 1)]
    pub(crate) async fn trip(trip: Trip, nights: Vec<u32>) -> Result<u32, Failure> {
        let held = hold(trip).await?;
        for night in nights {
            hold(Trip { to: night.to_string(), card: Redacted::new(String::new()) }).named("night").await?;
        }
        approve("sure?").within("2h").await?;
        Ok(charge(held).await?)
    }
}

const FIRST: Build = |b| b.saga::<first::trip>();

#[test]
fn the_file_is_sorted_and_tells_shapes_moves_and_what_is_owed() {
    let place = Place::new("file");
    place.hold(Keep::Begin, FIRST).unwrap();
    let text = std::fs::read_to_string(place.file()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let trip = serde_json::json!({"to": "text", "card": "any"});
    assert_eq!(json["sagas"]["trip"]["input"], serde_json::json!({"trip": trip, "nights": ["u32"]}));
    assert_eq!(json["steps"]["hold"]["input"], serde_json::json!({ "trip": trip }));
    assert_eq!(json["steps"]["hold"]["undone_by"], "release");
    assert_eq!(json["steps"]["hold"]["undo_within_ms"], 86_400_000);
    assert_eq!(
        json["owed"]["release"],
        serde_json::json!({"undoes": ["hold"], "by": ["trip 1"], "input": {"id": "u32"}})
    );
    let sites: Vec<&str> = json["sagas"]["trip"]["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["site"].as_str().unwrap())
        .collect();
    assert_eq!(sites, ["hold", "night[]", "approve", "charge"]);
    assert_eq!(json["sagas"]["trip"]["places"][0]["done"], serde_json::json!(["night[]", "approve"]));
    // An unchanged build changes nothing, and passes.
    place.hold(Keep::Verify, FIRST).unwrap();
    place.hold(Keep::Write, FIRST).unwrap();
    assert_eq!(std::fs::read_to_string(place.file()).unwrap(), text);
    let of = Definitions::of(&FIRST(Runtime::builder(MemoryStore::new()))).unwrap();
    assert_eq!(of.to_json(), text);
}

/// A longer end, and another saga: no danger, but it must be recorded.
#[test]
fn harmless_changes_are_recorded_on_demand() {
    mod next {
        use super::*;
        #[step(readonly)]
        pub(crate) async fn thank(cents: u32) -> Result<u64, Failure> {
            Ok(u64::from(cents))
        }
        #[saga(version = 2)]
        pub(crate) async fn trip(trip: Trip, nights: Vec<u64>) -> Result<u64, Failure> {
            let held = first::hold(trip).await?;
            for night in nights {
                let trip = Trip { to: night.to_string(), card: Redacted::new(String::new()) };
                first::hold(trip).named("night").await?;
            }
            approve("sure?").within("2h").await?;
            let paid = first::charge(held).await?;
            Ok(thank(paid).await.unwrap_or_default())
        }
        #[saga]
        pub(crate) async fn stay() -> Result<u32, Failure> {
            Ok(first::charge(1).await?)
        }
    }
    let build: Build = |b| b.saga::<next::trip>().saga::<next::stay>();
    let said =
        "saga.definitions.json is out of date; nothing in the change is a danger to sagas that have begun:
   - the input of saga `trip` has changed; what is recorded still fits
   - the output of saga `trip` has changed; what is recorded still fits
   - saga `trip` was of version 1, and is of 2
   - saga `trip` goes other ways, which those that have begun fit
   - saga `stay` is new
   - step `thank` is new
   - more may be undone by `release` than before
Record it with SAGA_DEFINITIONS=write, and commit the file.";
    assert_eq!(after(FIRST, build, "harmless").unwrap_err(), said);
    let place = Place::new("harmless-written");
    place.hold(Keep::Begin, FIRST).unwrap();
    place.hold(Keep::Write, build).unwrap();
    place.hold(Keep::Verify, build).unwrap();
    // What version 1 owes is still in the file.
    let text = std::fs::read_to_string(place.file()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["owed"]["release"]["by"], serde_json::json!(["trip 1", "trip 2"]));
}

/// A compensation that released versions owe is gone: accepting the rest does not drop it.
#[test]
fn a_compensation_that_is_owed_stays() {
    mod next {
        use super::*;
        #[step(compensate = let_go(output), idempotent)]
        pub(crate) async fn hold(trip: Trip) -> Result<u32, Failure> {
            Ok(trip.to.len() as u32)
        }
        #[step(retriable, idempotent)]
        pub(crate) async fn let_go(id: u32) -> Result<(), Failure> {
            let _ = id;
            Ok(())
        }
        #[saga(version = 2)]
        pub(crate) async fn trip(trip: Trip) -> Result<u32, Failure> {
            Ok(hold(trip).await?)
        }
    }
    let build: Build = |b| b.saga::<next::trip>();
    let place = Place::new("owed");
    place.hold(Keep::Begin, FIRST).unwrap();
    let gone = "compensation `release` is not registered any more";
    says(
        place.hold(Keep::Verify, build),
        &[
            "sagas that have begun do not survive what has changed since saga.definitions.json was recorded:",
            gone,
            "why: sagas of `trip 1` may have recorded that it undoes `hold`",
            "fix: keep it: `.step::<release>()`",
            "SAGA_DEFINITIONS=write",
        ],
    );
    says(place.hold(Keep::Write, build), &[gone]);
    let said = place.hold(Keep::Verify, build).unwrap_err();
    assert!(said.contains(gone) && said.matches("why:").count() == 1, "the rest is accepted:\n{said}");
    // It passes if the step stays registered, or if its entry is removed by hand.
    let kept: Build = |b| b.saga::<next::trip>().step::<first::release>();
    place.hold(Keep::Write, kept).unwrap();
    place.hold(Keep::Verify, kept).unwrap();
    let mut json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(place.file()).unwrap()).unwrap();
    json["owed"].as_object_mut().unwrap().remove("release").unwrap();
    json["steps"].as_object_mut().unwrap().remove("release").unwrap();
    std::fs::write(place.file(), json.to_string()).unwrap();
    place.hold(Keep::Verify, build).unwrap();
}

#[test]
fn the_input_of_what_is_owed_is_as_it_was() {
    mod next {
        use super::*;
        #[step(compensate = release(output, 1), leaves = "a mail", undo_within = "24h", idempotent)]
        pub(crate) async fn hold(trip: Trip) -> Result<u32, Failure> {
            Ok(trip.to.len() as u32)
        }
        #[step(retriable, idempotent)]
        pub(crate) async fn release(id: u32, times: u32) -> Result<(), Failure> {
            let _ = (id, times);
            Ok(())
        }
        #[saga]
        pub(crate) async fn stay(trip: Trip) -> Result<u32, Failure> {
            Ok(hold(trip).await?)
        }
    }
    mod before {
        use super::*;
        #[saga]
        pub(crate) async fn stay(trip: Trip) -> Result<u32, Failure> {
            Ok(first::hold(trip).await?)
        }
    }
    let said = after(|b| b.saga::<before::stay>(), |b| b.saga::<next::stay>(), "owed-input");
    says(said, &["the input of compensation `release` has changed: `times` is new", "`stay 1`", "Option<"]);
}

mod turned {
    use super::*;

    #[saga(version = 1)]
    pub(crate) async fn pair(a: u32) -> Result<u32, Failure> {
        now().await;
        uuid().await;
        sleep("1h").await;
        Ok(a)
    }
    pub(crate) mod round {
        use super::*;
        #[saga(version = 1)]
        pub(crate) async fn pair(a: u32) -> Result<u32, Failure> {
            uuid().await;
            now().await;
            sleep("1h").await;
            Ok(a)
        }
    }
    pub(crate) mod between {
        use super::*;
        #[saga(version = 2)]
        pub(crate) async fn pair(a: u32) -> Result<u32, Failure> {
            now().await;
            if a == 1 {
                approve("sure?").await?;
            }
            uuid().await;
            sleep("1h").named("nap").await;
            Ok(a)
        }
    }
    pub(crate) mod without {
        use super::*;
        #[saga(version = 2)]
        pub(crate) async fn pair(a: u32) -> Result<u32, Failure> {
            now().await;
            for _ in 0..a {
                sleep("1h").await;
            }
            signal::<u32>("go").named("uuid").await;
            Ok(a)
        }
    }
}

#[test]
fn sites_stay_in_their_order() {
    const PAIR: Build = |b| b.saga::<turned::pair>();
    says(
        after(PAIR, |b| b.saga::<turned::round::pair>(), "round"),
        &[
            "in saga `pair`: it does not begin with `now` any more, but with `uuid`",
            "`uuid` does not follow `now` any more: `sleep` does",
            "why: one that has begun as `pair 1` and has come by there fits the body no more: `Diverged`",
            "raise `version` to 2 as well",
            "#[saga(name = \"pair_2\", …)]",
        ],
    );
    let between = after(PAIR, |b| b.saga::<turned::between::pair>(), "between");
    says(between.clone(), &["in saga `pair`: site `sleep` is gone\n"]);
    assert!(!between.unwrap_err().contains("raise `version`"));
    says(
        after(PAIR, |b| b.saga::<turned::without::pair>(), "without"),
        &["site `sleep` is gone", "site `uuid` was \"uuid\", and is ", "signal"],
    );
}

#[test]
fn steps_and_sagas_keep_their_names_kinds_and_values() {
    mod old {
        use super::*;
        #[derive(Serialize, Deserialize)]
        pub(crate) enum Seat {
            Row(u32),
            Any,
        }
        #[step(irreversible, idempotent)]
        pub(crate) async fn buy(seat: Seat) -> Result<Seat, Failure> {
            Ok(seat)
        }
        #[step(compensate = first::release(output), idempotent)]
        pub(crate) async fn lend(id: u32) -> Result<u32, Failure> {
            Ok(id)
        }
        #[saga]
        pub(crate) async fn shop(seat: Seat, id: u32) -> Result<u32, Failure> {
            let id = lend(id).await?;
            let _ = buy(seat).await;
            Ok(id)
        }
        #[saga]
        pub(crate) async fn gone() -> Result<(), Failure> {
            Ok(())
        }
    }
    mod new {
        use super::*;
        #[derive(Serialize, Deserialize)]
        pub(crate) enum Seat {
            Row(String),
        }
        #[step(compensate = first::release(7), retriable, idempotent)]
        pub(crate) async fn buy(seat: Seat) -> Result<Seat, Failure> {
            Ok(seat)
        }
        #[step(compensate = first::release(output), idempotent)]
        pub(crate) async fn borrow(id: u32, from: Option<String>) -> Result<u32, Failure> {
            drop(from);
            Ok(id)
        }
        #[saga]
        pub(crate) async fn shop(seat: Seat, id: u32) -> Result<u32, Failure> {
            let id = borrow(id, None).named("lend").await?;
            buy(seat).await;
            Ok(id)
        }
    }
    let said = after(|b| b.saga::<old::shop>().saga::<old::gone>(), |b| b.saga::<new::shop>(), "values");
    says(
        said.clone(),
        &[
            "saga `gone` is not registered any more",
            "`#[saga(name = \"gone\", …)]`",
            "step `lend` is not registered any more",
            "`#[step(name = \"lend\", …)]`",
            "step `buy` was irreversible, and is compensated",
            "step `buy` was one that may fail, and is `retriable`",
            "the input of step `buy` has changed: variant `seat.Any` is gone; `seat.Row` was u32, and is text",
            "the output of step `buy` has changed: variant `Any` is gone; `Row` was u32, and is text",
            "the input of saga `shop` has changed: variant `seat.Any` is gone",
            "in saga `shop`: site `lend` was \"step lend\", and is ",
        ],
    );
    assert!(!said.unwrap_err().contains("is new"), "what is no danger waits");
}

#[test]
fn a_file_that_is_none_and_one_that_is_missing() {
    let place = Place::new("missing");
    let missing =
        "there is no saga.definitions.json; run the test with SAGA_DEFINITIONS=write, and commit the file";
    assert_eq!(place.hold(Keep::Verify, FIRST).unwrap_err(), missing);
    assert!(!place.file().exists());
    std::fs::write(place.file(), "{}").unwrap();
    says(place.hold(Keep::Verify, FIRST), &["is no snapshot of definitions", "missing field"]);
    says(place.hold(Keep::Begin, |b| b), &["no saga was registered"]);
}

const PATH: &str = "SAGA_DEFINITIONS_TEST_PATH";

/// The test as a user writes it; the one below runs it in a process with its own variables.
#[test]
fn as_a_user_writes_it() {
    match std::env::var_os(PATH) {
        Some(path) => snapshot(Path::new(&path), FIRST),
        None => Place::new("user").hold(Keep::Begin, FIRST).unwrap(),
    }
}

#[test]
fn the_variables_decide_what_is_written() {
    let place = Place::new("variables");
    let run = |variables: &[(&str, &str)]| {
        let mut test = std::process::Command::new(std::env::current_exe().unwrap());
        test.args(["definitions::as_a_user_writes_it", "--exact"]).env(PATH, place.file());
        test.env_remove("CI").env_remove("SAGA_DEFINITIONS").envs(variables.iter().copied());
        let ran = test.output().unwrap();
        (ran.status.success(), String::from_utf8_lossy(&ran.stdout).into_owned())
    };
    let (passes, said) = run(&[("CI", "true")]);
    assert!(!passes && said.contains("there is no ") && !place.file().exists(), "{said}");
    assert!(run(&[]).0 && place.file().exists());
    assert!(run(&[("CI", "true")]).0);
    let text = std::fs::read_to_string(place.file()).unwrap();
    std::fs::write(place.file(), text.replace("\"release\"", "\"set_free\"")).unwrap();
    let (passes, said) = run(&[]);
    assert!(!passes && said.contains("`set_free` is not registered any more"), "{said}");
    std::fs::write(place.file(), text.replace("\"version\": 1", "\"version\": 2")).unwrap();
    assert!(!run(&[]).0);
    assert!(run(&[("SAGA_DEFINITIONS", "write")]).0 && run(&[]).0);
    let (passes, said) = run(&[("SAGA_DEFINITIONS", "yes")]);
    assert!(!passes && said.contains("what it can be is `write`"), "{said}");
}
