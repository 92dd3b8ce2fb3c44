//! What the four companies have in their books: the effects of a saga, seen from outside.
//!
//! It reads the files, asks nobody, and can be used whether the companies are open or not.

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
    /// Seats held once and let go.
    pub flights_released: Vec<Held<Flight>>,
    /// Rooms held now.
    pub rooms: Vec<Held<Stay>>,
    /// Rooms held once and let go.
    pub rooms_released: Vec<Held<Stay>>,
    /// Cards charged.
    pub charges: Vec<Charged>,
    /// Mails sent.
    pub mails: Vec<Sent>,
    /// How often every key had its effect, by company and key: once each, or a company broke its word.
    pub effects: BTreeMap<(&'static str, String), usize>,
}

/// A thing in a company's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<T> {
    /// Under which key.
    pub key: String,
    /// What it is.
    pub what: T,
    /// What its holder was given.
    pub hold: Hold,
}

/// A charge in the bank's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    /// Under which key.
    pub key: String,
    /// The last four digits of the card.
    pub card: String,
    /// What the payer was given.
    pub receipt: Receipt,
}

/// A mail in the mail service's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Under which key.
    pub key: String,
    /// What was sent.
    pub mail: Mail,
}

impl Books {
    /// Reads the books beside `prefix`; those not begun yet are empty.
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

    /// The effects that were made more than once: company, key and how often.
    #[allow(dead_code, reason = "for whoever checks the companies' word")]
    pub fn repeated(&self) -> impl Iterator<Item = (&'static str, &str, usize)> {
        self.effects
            .iter()
            .filter(|(_, times)| **times > 1)
            .map(|((company, key), times)| (*company, key.as_str(), *times))
    }

    /// Parts what is still held from what was let go.
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

/// One line for each thing, or one that says there is none.
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
