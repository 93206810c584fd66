//! Who refers a newcomer.

use plan::{State, UserId};

use crate::chance::{Chance, Stream, scaled};
use crate::parameters::SponsorChoice;

/// How often someone else is asked when the first who was drawn has been refunded. Then it is the very first user.
const DRAWS_MAX: u32 = 16;

/// Draws sponsors among those who have joined.
#[derive(Clone, Debug)]
pub struct Sponsors {
    chance: Chance,
    choice: SponsorChoice,
    /// Users so far.
    users: u32,
    /// With preferential choice: each user once for joining and once for each direct. A draw from it is a draw in
    /// proportion, in one step.
    tickets: Vec<u32>,
    /// Draws that were made ahead, the next one last.
    drawn: Vec<u64>,
}

impl Sponsors {
    /// Nobody has joined yet.
    pub fn new(seed: u64, choice: SponsorChoice, users: u32) -> Self {
        let tickets = match choice {
            SponsorChoice::Uniform => 0,
            SponsorChoice::Preferential => usize::try_from(users).unwrap_or(0).saturating_mul(2),
        };
        Self {
            chance: Chance::new(seed, Stream::Sponsors),
            choice,
            users: 0,
            tickets: Vec::with_capacity(tickets),
            drawn: Vec::new(),
        }
    }

    /// Who brings the next newcomer in, among active users; nobody for the first. The newcomer counts from now on.
    pub fn next(&mut self, state: &State) -> Option<UserId> {
        let sponsor = self.draw(state);
        self.users = self.users.saturating_add(1);
        if self.choice == SponsorChoice::Preferential {
            self.tickets.extend(sponsor.map(UserId::get));
            self.tickets.push(self.users);
        }
        sponsor
    }

    /// Who will be drawn for so many next newcomers, unless someone has to be drawn once more: for whoever wants to read
    /// about them ahead. Draws nothing.
    pub fn prefetch(&mut self, count: usize, foreseen: &mut Vec<UserId>) {
        foreseen.clear();
        self.draw_ahead(count);
        let mut users = self.users;
        let mut tickets = u32::try_from(self.tickets.len()).unwrap_or(u32::MAX);
        for drawn in self.drawn.iter().rev().take(count) {
            let number = match self.choice {
                SponsorChoice::Uniform => Some(scaled(*drawn, users).saturating_add(1)),
                SponsorChoice::Preferential => {
                    let place = usize::try_from(scaled(*drawn, tickets));
                    place.ok().and_then(|place| self.tickets.get(place).copied())
                }
            };
            foreseen.extend(number.and_then(UserId::new));
            users = users.saturating_add(1);
            tickets = tickets.saturating_add(2);
        }
    }

    /// Makes draws ahead, in their order.
    fn draw_ahead(&mut self, count: usize) {
        if self.drawn.len() < count {
            self.drawn.reverse();
            for _ in self.drawn.len()..count {
                self.drawn.push(self.chance.draw());
            }
            self.drawn.reverse();
        }
    }

    fn below(&mut self, bound: u32) -> u32 {
        let drawn = self.drawn.pop().unwrap_or_else(|| self.chance.draw());
        scaled(drawn, bound)
    }

    fn draw(&mut self, state: &State) -> Option<UserId> {
        let first = UserId::new(1).filter(|_| self.users > 0)?;
        for _ in 0..DRAWS_MAX {
            let number = match self.choice {
                SponsorChoice::Uniform => self.below(self.users).saturating_add(1),
                SponsorChoice::Preferential => {
                    let tickets = u32::try_from(self.tickets.len()).unwrap_or(u32::MAX);
                    let drawn = usize::try_from(self.below(tickets)).ok()?;
                    self.tickets.get(drawn).copied()?
                }
            };
            if let Some(user) = UserId::new(number).filter(|user| state.is_active(*user)) {
                return Some(user);
            }
        }
        Some(first)
    }
}

#[cfg(test)]
mod tests;
