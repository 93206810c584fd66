//! The approvers: people with their wallets, roles and terms. A list is a text that people can read and compare, identified
//! by its hash.
//!
//! ```text
//! trellis-people 1
//! votes money 1 admin 2
//! person alice roles builder from 0 until never wallets 0x1111111111111111111111111111111111111111
//! person bob roles approver,config_admin from 0 until never wallets 0x2222222222222222222222222222222222222222
//! person carol roles config_admin from 0 until 1900000000 wallets 0x3333333333333333333333333333333333333333
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use alloy_primitives::{Address, B256, keccak256};
use thiserror::Error;

/// The longest text of a list: hundreds of people.
pub const PEOPLE_TEXT_BYTES_MAX: usize = 64 * 1024;

/// The first line of a list.
const HEADER: &str = "trellis-people 1";

/// Changes of the list need at least two people, whatever it says.
const ADMIN_VOTES_MIN: usize = 2;

names::names! {
    /// What a person may do.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Role {
        /// Proposes batches and roots.
        Builder = "builder",
        /// Agrees to what others propose.
        Approver = "approver",
        /// Agrees to changes of the list and to the end of stops.
        ConfigAdmin = "config_admin",
        /// Confirms what was checked about a user.
        Support = "support",
    }
}

/// A person: one vote, however many wallets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Person {
    /// A name that no other person has: lower-case letters, digits, hyphens, dots.
    pub id: String,
    /// What the person may do.
    pub roles: BTreeSet<Role>,
    /// First second of the chain's time at which the person counts.
    pub from: u64,
    /// First second at which the person counts no more; `None` for no end.
    pub until: Option<u64>,
    /// The person's wallets.
    pub wallets: BTreeSet<Address>,
}

impl Person {
    /// Whether the person counts at this second.
    pub fn is_valid_at(&self, time: u64) -> bool {
        self.from <= time && self.until.is_none_or(|until| time < until)
    }
}

/// Everyone who may agree, and how many must.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct People {
    money_votes: usize,
    admin_votes: usize,
    people: Vec<Person>,
}

/// Why a text is no list of people.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PeopleError {
    /// Longer than any list.
    #[error("a list of people may have at most {PEOPLE_TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// The first line is another one.
    #[error("the first line must be `{HEADER}`")]
    Header,
    /// A line cannot be read.
    #[error("line {0} is not `votes money N admin N` or `person ID roles … from … until … wallets …`")]
    Line(usize),
    /// Two people have a name or a wallet in common.
    #[error("the id or wallet {0} is used by two people")]
    Shared(String),
    /// A money vote is needed beside the proposer.
    #[error("at least one vote besides the proposer's is required")]
    NoMoneyVote,
    /// Nobody alone changes the list.
    #[error("changes of the list must require at least {ADMIN_VOTES_MIN} people")]
    TooFewAdminVotes,
    /// More votes than there are people who have them.
    #[error("{needed} votes of the role {} are required, but only {found} people have it", .role.name())]
    Unreachable {
        /// The role.
        role: Role,
        /// How many votes the list requests.
        needed: usize,
        /// How many people have the role.
        found: usize,
    },
}

impl People {
    /// A list that keeps the rules.
    pub fn new(money_votes: usize, admin_votes: usize, mut people: Vec<Person>) -> Result<Self, PeopleError> {
        people.sort_by(|one, other| one.id.cmp(&other.id));
        let (mut ids, mut wallets) = (BTreeSet::new(), BTreeSet::new());
        for person in &people {
            if !ids.insert(person.id.clone()) {
                return Err(PeopleError::Shared(person.id.clone()));
            }
            for wallet in &person.wallets {
                if !wallets.insert(*wallet) {
                    return Err(PeopleError::Shared(wallet.to_string()));
                }
            }
        }
        if money_votes == 0 {
            return Err(PeopleError::NoMoneyVote);
        }
        if admin_votes < ADMIN_VOTES_MIN {
            return Err(PeopleError::TooFewAdminVotes);
        }
        for (role, needed) in [(Role::Approver, money_votes), (Role::ConfigAdmin, admin_votes)] {
            let found = people
                .iter()
                .filter(|person| person.roles.contains(&role))
                .count();
            if found < needed {
                return Err(PeopleError::Unreachable { role, needed, found });
            }
        }
        Ok(Self {
            money_votes,
            admin_votes,
            people,
        })
    }

    /// The operators of a ledger, who agree by the usual quorum: one vote beside the proposer's signature, two people for
    /// the end of stops. Here a person may stand several times, with other wallets and times; votes are counted by id.
    pub const fn of_ledger(people: Vec<Person>) -> Self {
        Self {
            money_votes: 1,
            admin_votes: ADMIN_VOTES_MIN,
            people,
        }
    }

    /// Votes that a batch or a root needs beside the proposer's signature.
    pub const fn money_votes(&self) -> usize {
        self.money_votes
    }

    /// Votes that a change of the list needs.
    pub const fn admin_votes(&self) -> usize {
        self.admin_votes
    }

    /// Whose wallet it is.
    pub fn owner(&self, wallet: Address) -> Option<&Person> {
        self.people.iter().find(|person| person.wallets.contains(&wallet))
    }

    /// The hash of its text.
    pub fn hash(&self) -> B256 {
        keccak256(self.to_string())
    }
}

impl fmt::Display for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        writeln!(f, "votes money {} admin {}", self.money_votes, self.admin_votes)?;
        for person in &self.people {
            let roles: Vec<&str> = person.roles.iter().map(|role| role.name()).collect();
            let wallets: Vec<String> = person
                .wallets
                .iter()
                .map(|wallet| format!("{wallet:#x}"))
                .collect();
            let until = person.until.map_or("never".to_owned(), |until| until.to_string());
            writeln!(
                f,
                "person {} roles {} from {} until {until} wallets {}",
                person.id,
                roles.join(","),
                person.from,
                wallets.join(",")
            )?;
        }
        Ok(())
    }
}

impl FromStr for People {
    type Err = PeopleError;

    fn from_str(text: &str) -> Result<Self, PeopleError> {
        if text.len() > PEOPLE_TEXT_BYTES_MAX {
            return Err(PeopleError::TooLong);
        }
        let lines = text.lines().map(str::trim).zip(1..);
        let mut lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        if lines.next().map(|(line, _)| line) != Some(HEADER) {
            return Err(PeopleError::Header);
        }
        let (votes, number) = lines.next().ok_or(PeopleError::Line(2))?;
        let words: Vec<&str> = votes.split_whitespace().collect();
        let ["votes", "money", money, "admin", admin] = words.as_slice() else {
            return Err(PeopleError::Line(number));
        };
        let count = |text: &str| text.parse().map_err(|_| PeopleError::Line(number));
        let (money, admin) = (count(money)?, count(admin)?);
        let people = lines.map(|(line, number)| person(line).ok_or(PeopleError::Line(number)));
        Self::new(money, admin, people.collect::<Result<_, _>>()?)
    }
}

fn person(line: &str) -> Option<Person> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [
        "person",
        id,
        "roles",
        roles,
        "from",
        from,
        "until",
        until,
        "wallets",
        wallets,
    ] = words.as_slice()
    else {
        return None;
    };
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_');
    if id.len() > 64 || !id.bytes().all(plain) {
        return None;
    }
    Some(Person {
        id: (*id).to_owned(),
        roles: roles.split(',').map(Role::by_name).collect::<Option<_>>()?,
        from: from.parse().ok()?,
        until: match *until {
            "never" => None,
            time => Some(time.parse().ok()?),
        },
        wallets: wallets
            .split(',')
            .map(|wallet| wallet.parse().ok())
            .collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests;
