//! A binary tree as boxes that own each other, filled level by level and walked for every question.

use alloy_primitives::Address;

#[derive(Debug, Default)]
pub(super) struct Tree {
    root: Option<Box<Node>>,
    /// It is full, and its reserves were released.
    pub(super) released: bool,
}

#[derive(Debug)]
struct Node {
    who: Address,
    children: [Option<Box<Node>>; 2],
}

impl Node {
    fn size(&self) -> u32 {
        1 + self
            .children
            .iter()
            .flatten()
            .map(|child| child.size())
            .sum::<u32>()
    }

    /// From this node down to `who`, both included; empty if it is not below.
    fn path(&self, who: Address) -> Vec<Address> {
        if self.who == who {
            return vec![who];
        }
        for child in self.children.iter().flatten() {
            let below = child.path(who);
            if !below.is_empty() {
                return std::iter::once(self.who).chain(below).collect();
            }
        }
        Vec::new()
    }

    /// Puts a node into the first gap at `depth` levels below; false if there is none.
    fn insert_at(&mut self, who: Address, depth: u32) -> bool {
        for child in &mut self.children {
            match child {
                None if depth == 1 => {
                    *child = Some(Box::new(Node {
                        who,
                        children: [None, None],
                    }));
                    return true;
                }
                Some(child) if depth > 1 => {
                    if child.insert_at(who, depth - 1) {
                        return true;
                    }
                }
                Some(_) | None => {}
            }
        }
        false
    }

    fn level(&self, depth: u32) -> Vec<Address> {
        if depth == 0 {
            return vec![self.who];
        }
        self.children
            .iter()
            .flatten()
            .flat_map(|child| child.level(depth - 1))
            .collect()
    }
}

impl Tree {
    pub(super) fn size(&self) -> u32 {
        self.root.as_ref().map_or(0, |root| root.size())
    }

    pub(super) fn insert(&mut self, who: Address) {
        match &mut self.root {
            None => {
                self.root = Some(Box::new(Node {
                    who,
                    children: [None, None],
                }));
            }
            Some(root) => {
                let inserted = (1..).any(|depth| root.insert_at(who, depth));
                assert!(inserted);
            }
        }
    }

    pub(super) fn members(&self) -> Vec<Address> {
        let root = self.root.as_ref().unwrap();
        (0..12).flat_map(|depth| root.level(depth)).collect()
    }

    /// From the root down to `who`, both included.
    pub(super) fn path(&self, who: Address) -> Vec<Address> {
        self.root.as_ref().map_or(Vec::new(), |root| root.path(who))
    }

    pub(super) fn has(&self, who: Address) -> bool {
        !self.path(who).is_empty()
    }
}
