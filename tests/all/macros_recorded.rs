//! The recorded input of a step: an object with the parameters' names, and how older and newer ones are read.
#![allow(clippy::unwrap_used)]

use saga::prelude::*;
use saga::{Saga, Step, StepCall, payload::Payload};

/// Takes inputs of many types.
#[step(readonly)]
async fn take(
    r#type: String,
    card: Redacted<String>,
    note: Option<String>,
    #[serde(default)] bags: u32,
    #[serde(default = "one")] people: u32,
) -> Result<u32, Failure> {
    let _ = (r#type, card, note);
    Ok(bags + people)
}

fn one() -> u32 {
    1
}

#[step(readonly)]
#[allow(clippy::too_many_arguments)]
async fn many(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
    n: u8,
    o: u8,
    p: u8,
) -> Result<u8, Failure> {
    Ok(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p)
}

#[saga]
async fn sum(#[allow(unused_variables)] step: u8, more: Vec<u8>) -> Result<u8, Failure> {
    Ok(more.iter().sum())
}

/// A private type.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Parcel(u8);

/// A public step with a private parameter type: only a lint, as for any function.
#[allow(private_interfaces)]
#[step(readonly)]
pub async fn weigh(parcel: Parcel) -> Result<u8, Failure> {
    Ok(parcel.0)
}

type Taken = <take as Step>::Input;

fn read(json: &str) -> Result<Taken, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn an_input_is_written_in_the_order_of_the_parameters_and_read_in_any() {
    let call: StepCall<take> = take("a".into(), Redacted::new("4242".into()), None, 2, 3);
    let payload = Payload::encode(call.input()).unwrap();
    let shown = r#"{"type":"a","card":{"$redacted":0},"note":null,"bags":2,"people":3}"#;
    assert_eq!(payload.shown(), shown);
    assert_eq!(format!("{:?}", call.input()), format!("take {shown}"));
    let again: Taken = payload.decode().unwrap();
    assert_eq!((again.r#type.as_str(), again.card.expose().as_str(), again.people), ("a", "4242", 3));

    let read = read(r#"{"people":7,"bags":1,"note":"n","card":"1","type":"b"}"#).unwrap();
    assert_eq!((read.people, read.bags, read.note.as_deref(), read.r#type.as_str()), (7, 1, Some("n"), "b"));
    assert_eq!(
        Payload::encode(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16).input()).unwrap().shown(),
        r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14,"o":15,"p":16}"#
    );
}

#[test]
fn what_an_older_record_lacks_has_its_default_and_what_only_a_newer_one_has_is_left_alone() {
    let old = read(r#"{"type":"a","card":"1"}"#).unwrap();
    assert_eq!((old.note, old.bags, old.people), (None, 0, 1));
    let new = read(r#"{"type":"a","seat":{"row":[1]},"card":"1","bags":4}"#).unwrap();
    assert_eq!((new.bags, new.people), (4, 1));
    assert!(serde_json::from_str::<<sum as Saga>::Input>(r#"{"step":1,"more":[2],"less":[]}"#).is_ok());
}

#[test]
fn an_input_that_cannot_be_read_says_whose_it_is_and_which_parameter() {
    assert_eq!(
        read(r#"{"card":"1"}"#).unwrap_err(),
        "the input of `take`: `type` is missing at line 1 column 12"
    );
    assert_eq!(
        read(r#"{"type":"a","card":"1","bags":"x"}"#).unwrap_err(),
        "the input of `take`: `bags`: invalid type: string \"x\", expected u32 at line 1 column 33"
    );
    assert_eq!(
        read(r#"{"type":"a","type":"b"}"#).unwrap_err(),
        "the input of `take`: `type` is given twice at line 1 column 18"
    );
    assert_eq!(
        read("7").unwrap_err(),
        "invalid type: integer `7`, expected the input of `take` at line 1 column 1"
    );
    let saga = serde_json::from_str::<<sum as Saga>::Input>("{}").unwrap_err();
    assert_eq!(saga.to_string(), "the input of `sum`: `step` is missing at line 1 column 2");
}
