use saga::prelude::*;

struct Book;

#[step(readonly)]
async fn look(book: &Book, at: u64) -> Result<u64, Failure> {
    let _ = book;
    Ok(at)
}

fn main() {
    let resources = Resources::default().with(Book);
    assert_eq!(saga::test::in_virtual_time(look::run(&resources, 7)), Ok(7));
}
