//! Random trees, purchases and refunds: nothing lost, no cap exceeded, the same as the second implementation.

use money::Amount;
use naive::generation as naive;
use plan::cap::Caps;
use plan::generation::{self, DirectsCounted, Fate, GenerationTable, GenerationTerms, Mode, Share};
use proptest::prelude::*;

use crate::people::{People, Person, caps, total, user};

#[derive(Clone, Debug)]
struct World {
    table: GenerationTable,
    cap: Option<u32>,
    users: Vec<naive::User>,
    /// Purchaser, amount, and whether it is undone before the next.
    purchases: Vec<(usize, u128, bool)>,
}

fn any_user() -> impl Strategy<Value = (naive::User, prop::sample::Index)> {
    let flags = (any::<bool>(), prop::bool::weighted(0.1));
    let money = (prop_oneof![Just(0), 1u128..2_000], 0u128..4_000);
    (0u32..4, flags, money, any::<prop::sample::Index>()).prop_map(|(directs, flags, money, sponsor)| {
        let user = naive::User {
            sponsor: None,
            directs,
            active: flags.0,
            refunded: flags.1,
            invested: money.0,
            earned: money.1,
        };
        (user, sponsor)
    })
}

prop_compose! {
    fn any_world()(
        steps in prop::collection::vec((0u16..900, 0u32..4), 1..12),
        mode in prop::sample::select(vec![Mode::Physical, Mode::Compressed, Mode::ActiveOnly]),
        cap in prop::option::weighted(0.8, 1u32..4),
        users in prop::collection::vec(any_user(), 2..40),
        purchases in prop::collection::vec((any::<prop::sample::Index>(), 0u128..30_000, any::<bool>()), 1..12),
        is_deep in any::<bool>(),
    ) -> World {
        let count = users.len();
        let users = users.into_iter().enumerate().map(|(index, (mut user, sponsor))| {
            // Half of the trees are long lines, so that many generations find someone.
            let nearest = if is_deep { index.saturating_sub(2) } else { 0 };
            user.sponsor = (index > 0).then(|| nearest + sponsor.index(index - nearest));
            if let Some(multiple) = cap {
                user.earned = user.earned.min(u128::from(multiple) * user.invested);
            }
            user
        });
        World {
            table: GenerationTable {
                rates_bps: steps.iter().map(|step| step.0).collect(),
                directs_required: steps.iter().map(|step| step.1).collect(),
                mode,
                directs_counted: DirectsCounted::AllTime,
            },
            cap,
            users: users.collect(),
            purchases: purchases.into_iter().map(|(of, amount, undo)| (of.index(count), amount, undo)).collect(),
        }
    }
}

impl World {
    fn people(&self) -> People {
        let person = |user: &naive::User| Person {
            sponsor: user.sponsor.map(id),
            directs: user.directs,
            active: user.active,
            refunded: user.refunded,
        };
        People(self.users.iter().map(person).collect())
    }

    fn caps(&self) -> Caps {
        let mut caps = self.cap.map_or_else(|| Caps::new(None), caps);
        for (index, user) in self.users.iter().enumerate() {
            caps.invest(id(index), Amount::new(user.invested));
            let earned = Amount::new(user.earned);
            assert_eq!(caps.take(id(index), earned), earned);
        }
        caps
    }

    fn naive_terms(&self) -> naive::Terms {
        let directs = self.table.directs_required.iter().copied();
        naive::Terms {
            generations: self.table.rates_bps.iter().copied().zip(directs).collect(),
            mode: match self.table.mode {
                Mode::Physical => "physical",
                Mode::Compressed => "compressed",
                Mode::ActiveOnly => "active_only",
            },
            cap: self.cap.map(u128::from),
        }
    }
}

fn id(index: usize) -> plan::UserId {
    user(u32::try_from(index).unwrap() + 1)
}

fn as_naive(share: &Share) -> naive::Line {
    naive::Line {
        generation: share.generation.into(),
        upline: share
            .upline
            .map(|upline| (upline.get() as usize - 1, share.distance as usize)),
        amount: share.amount.base_units(),
        cause: match share.fate {
            Fate::Paid => None,
            Fate::Breakage(cause) => Some(cause.name()),
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn both_implementations_give_the_same_lines(world in any_world()) {
        let (people, mut caps) = (world.people(), world.caps());
        let (terms, naive_terms) = (GenerationTerms::check(&world.table).unwrap(), world.naive_terms());
        let mut users = world.users.clone();
        let (mut out, mut explained, mut skips) = (Vec::new(), Vec::new(), Vec::new());
        for (of, amount, is_undone) in &world.purchases {
            let amount = Amount::new(*amount);
            let before = (caps.clone(), users.clone());
            generation::explain(&terms, amount, id(*of), &people, &caps, &mut explained, &mut skips);
            prop_assert_eq!(&caps, &before.0);
            generation::distribute(&terms, amount, id(*of), &people, &mut caps, &mut out);
            prop_assert_eq!(&out, &explained);
            let expected = naive::distribute(&naive_terms, amount.base_units(), *of, &mut users);
            prop_assert_eq!(out.iter().map(as_naive).collect::<Vec<_>>(), expected);
            for (index, user) in users.iter().enumerate() {
                prop_assert_eq!(caps.earned(id(index)).base_units(), user.earned);
            }
            prop_assert_eq!(total(&out), terms.total(amount).base_units());
            if *is_undone {
                generation::undo(&out, &mut caps);
                prop_assert_eq!(&caps, &before.0);
                users = before.1;
            }
        }
    }

    #[test]
    fn nobody_earns_beyond_the_cap_and_every_skip_is_explained(world in any_world()) {
        let (people, mut caps) = (world.people(), world.caps());
        let terms = GenerationTerms::check(&world.table).unwrap();
        let (mut out, mut explained, mut skips) = (Vec::new(), Vec::new(), Vec::new());
        for (of, amount, _) in &world.purchases {
            let amount = Amount::new(*amount);
            generation::explain(&terms, amount, id(*of), &people, &caps, &mut explained, &mut skips);
            generation::distribute(&terms, amount, id(*of), &people, &mut caps, &mut out);
            for index in 0..world.users.len() {
                prop_assert_eq!(caps.over(id(index)), Amount::ZERO);
            }
            let mut seen: Vec<u32> = out.iter().filter_map(|share| share.upline).map(plan::UserId::get).collect();
            seen.extend(skips.iter().map(|skip| skip.upline.get()));
            // From the nearest up: a sponsor's id is smaller.
            seen.sort_unstable_by(|one, other| other.cmp(one));
            seen.dedup();
            let line = naive::line_of(&world.users, *of);
            let has_lines = world.table.rates_bps.iter().all(|rate| *rate > 0) && amount.base_units() >= 10_000;
            if has_lines {
                let nearest: Vec<u32> = line.iter().take(seen.len()).map(|(index, _)| id(*index).get()).collect();
                prop_assert_eq!(&seen, &nearest);
                prop_assert!(seen.len() >= line.len().min(world.table.rates_bps.len()));
            }
            if world.table.mode == Mode::Physical {
                prop_assert!(skips.is_empty());
            }
        }
    }
}
