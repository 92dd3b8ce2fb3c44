use saga::Redacted;
use saga::prelude::*;

fn masked(card: &str) -> u64 {
    card.len() as u64
}

#[step(readonly)]
async fn price(card: Redacted<String>) -> Result<u64, Failure> {
    Ok(masked(card.expose()))
}

#[saga]
async fn trip(cards: u64) -> Result<u64, Failure> {
    Ok(price(Redacted::new("4242-42".to_owned())).await? * cards / 7)
}

fn main() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<trip>().start().await.unwrap();
        let handle = runtime.run("trip-1", trip(7)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
    });
}
