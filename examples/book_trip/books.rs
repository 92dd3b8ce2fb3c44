//! The books of the four companies: the effects of a saga, seen from outside.
//!
//! It reads the files alone, so it works whether the companies are open or not.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::ledger::{LedgerError, read};
use super::services::{BankEntry, Hold, HoldEntry, MailEntry, books_of};
use super::trip::{Flight, HoldId, Mail, Receipt, Stay};

/// All four companies' books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Seats held now.
    pub flights: Vec<Held<Flight>>,
    /// Seats held and released since.
    pub flights_released: Vec<Held<Flight>>,
    /// Rooms held now.
    pub rooms: Vec<Held<Stay>>,
    /// Rooms held and released since.
    pub rooms_released: Vec<Held<Stay>>,
    /// Cards charged.
    pub charges: Vec<Charged>,
    /// Mails sent.
    pub mails: Vec<Sent>,
    /// The number of effects under each key, by company and key: one each, unless a company broke its contract.
    pub effects: BTreeMap<(&'static str, String), usize>,
}

/// A held thing in a company's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<T> {
    /// The key of the request.
    pub key: String,
    /// The held thing: a seat or a room.
    pub what: T,
    /// The company's answer.
    pub hold: Hold,
}

/// A charge in the bank's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    /// The key of the request.
    pub key: String,
    /// The last four digits of the card.
    pub card: String,
    /// The bank's answer.
    pub receipt: Receipt,
}

/// A mail in the mail service's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The key of the request.
    pub key: String,
    /// The mail itself.
    pub mail: Mail,
}

impl Books {
    /// Reads the books beside `prefix`; missing files count as empty.
    pub fn read(prefix: &Path) -> Result<Self, LedgerError> {
        let mut books = Self::default();
        let flights = read(&books_of("flight", prefix))?;
        (books.flights, books.flights_released) = books.holds("flight", flights);
        let rooms = read(&books_of("hotel", prefix))?;
        (books.rooms, books.rooms_released) = books.holds("hotel", rooms);
        for entry in read(&books_of("bank", prefix))? {
            if let BankEntry::Charged { key, card, receipt } = entry {
                books.count("bank", &key);
                books.charges.push(Charged { key, card, receipt });
            }
        }
        for entry in read(&books_of("mail", prefix))? {
            if let MailEntry::Sent { key, mail } = entry {
                books.count("mail", &key);
                books.mails.push(Sent { key, mail });
            }
        }
        Ok(books)
    }

    /// Returns the effects that were made more than once: company, key and number.
    #[allow(dead_code, reason = "for whoever checks the companies' word")]
    pub fn repeated(&self) -> impl Iterator<Item = (&'static str, &str, usize)> {
        self.effects
            .iter()
            .filter(|(_, times)| **times > 1)
            .map(|((company, key), times)| (*company, key.as_str(), *times))
    }

    /// Separates what is still held from what was released.
    fn holds<T>(
        &mut self,
        company: &'static str,
        entries: Vec<HoldEntry<T>>,
    ) -> (Vec<Held<T>>, Vec<Held<T>>) {
        let gone: Vec<HoldId> = entries
            .iter()
            .filter_map(|entry| match entry {
                HoldEntry::Released { id } => Some(id.clone()),
                HoldEntry::Held { .. } | HoldEntry::Closed { .. } => None,
            })
            .collect();
        let mut all = Vec::new();
        for entry in entries {
            if let HoldEntry::Held { key, what, hold } = entry {
                self.count(company, &key);
                all.push(Held { key, what, hold });
            }
        }
        all.into_iter().partition(|held| !gone.contains(&held.hold.id))
    }

    fn count(&mut self, company: &'static str, key: &str) {
        *self.effects.entry((company, key.to_owned())).or_default() += 1;
    }
}

/// One line for each thing, or a line that there is none.
impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        holds(f, "flight", &self.flights, &self.flights_released)?;
        holds(f, "hotel", &self.rooms, &self.rooms_released)?;
        for Charged { card, receipt, .. } in &self.charges {
            let card = format!("card ending in {card}");
            line(f, "bank", "charged", &receipt.id, &receipt.amount.to_string(), &card)?;
        }
        if self.charges.is_empty() {
            line(f, "bank", "-", "", "", "nothing charged")?;
        }
        for Sent { mail, .. } in &self.mails {
            line(f, "mail", "sent", "", "", &format!("{}: {}", mail.to, mail.subject))?;
        }
        if self.mails.is_empty() {
            line(f, "mail", "-", "", "", "nothing sent")?;
        }
        Ok(())
    }
}

fn holds<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    company: &str,
    held: &[Held<T>],
    released: &[Held<T>],
) -> fmt::Result {
    for (state, those) in [("held", held), ("released", released)] {
        for Held { what, hold, .. } in those {
            line(f, company, state, &hold.id.0, &hold.price.to_string(), &what.to_string())?;
        }
    }
    if held.is_empty() && released.is_empty() {
        line(f, company, "-", "", "", "nothing held")?;
    }
    Ok(())
}

fn line(
    f: &mut fmt::Formatter<'_>,
    company: &str,
    state: &str,
    id: &str,
    price: &str,
    what: &str,
) -> fmt::Result {
    writeln!(f, "{company:<8}{state:<10}{id:<10}{price:>10}  {what}")
}
