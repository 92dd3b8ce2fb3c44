use saga::prelude::*;

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Nickname {
    Unknown,
    HasNone,
    Is(String),
}

#[step(readonly)]
async fn nickname(of: u64) -> Result<Nickname, Failure> {
    Ok(match of {
        0 => Nickname::Unknown,
        1 => Nickname::Is("Ada".into()),
        _ => Nickname::HasNone,
    })
}

fn main() {
    let name = saga::test::in_virtual_time(nickname::run(&Resources::default(), 2));
    assert_eq!(name, Ok(Nickname::HasNone));
}
